// The wire form of a live stream (WHATWG HTML §9.2).

/** One event. */
export interface ServerSentEvent {
  /** The last id that was given, by this event or one before it. */
  readonly id?: string
  readonly data: string
}

/**
 * The events of a stream, as WHATWG HTML §9.2.6 reads them; an event without data is none.
 * @param retry told of the server’s wish how long to wait before connecting again, in milliseconds
 */
export async function* readEvents(
  stream: AsyncIterable<Uint8Array>,
  retry: (milliseconds: number) => void = () => {},
): AsyncIterable<ServerSentEvent> {
  let id: string | undefined
  let data: string[] = []
  for await (const line of linesOf(stream)) {
    const [, field, value = ''] = /^([^:]*)(?:: ?([\s\S]*))?$/.exec(line) ?? []
    if (line === '' && data.length > 0) yield { data: data.join('\n'), ...(id !== undefined && { id }) }
    if (line === '') data = []
    else if (field === 'data') data.push(value)
    else if (field === 'id' && !value.includes('\0')) id = value
    else if (field === 'retry' && /^\d{1,9}$/.test(value)) retry(Number(value))
  }
}

async function* linesOf(stream: AsyncIterable<Uint8Array>): AsyncIterable<string> {
  const decoder = new TextDecoder()
  let rest = ''
  let endedInReturn = false
  for await (const chunk of stream) {
    const text = decoder.decode(chunk, { stream: true })
    // A line feed that starts a chunk is the other half of the line end before it.
    const lines = (rest + (endedInReturn && text.startsWith('\n') ? text.slice(1) : text)).split(/\r\n|\n|\r/)
    endedInReturn = text.endsWith('\r')
    rest = lines.pop() ?? ''
    yield* lines
  }
}
