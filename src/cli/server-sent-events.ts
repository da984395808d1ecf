// Parses server-sent events (WHATWG HTML §9.2).

/** One event. */
export interface ServerSentEvent {
  /** The last id in the stream, of this event or of an earlier one. */
  readonly id?: string
  readonly data: string
}

/**
 * The events of a stream (WHATWG HTML §9.2.6). Events without data are ignored.
 * @param retry called with the milliseconds that the server wants the client to wait before it reconnects
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
    // A line feed at the start of a chunk can belong to a carriage return at the end of the chunk before.
    const lines = (rest + (endedInReturn && text.startsWith('\n') ? text.slice(1) : text)).split(/\r\n|\n|\r/)
    endedInReturn = text.endsWith('\r')
    rest = lines.pop() ?? ''
    yield* lines
  }
}
