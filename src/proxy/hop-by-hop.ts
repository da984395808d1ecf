// Owns which headers go on from one connection to the next (RFC 9110 §7.6.1).

/** Headers about one connection only, and those that a proxy answers itself. */
const CONNECTION_ONLY: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-authentication-info',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  // node:http has answered it.
  'expect',
])
/** What a `Connection` header cannot take away: without them the message would mean another one. */
const KEPT: ReadonlySet<string> = new Set(['host', 'content-length', 'content-type', 'content-encoding'])

/** Names and values in turns, as `rawHeaders` of node:http has them. */
export type RawHeaders = readonly string[]

/**
 * The headers of a message for the next connection: without those about this one, and without those that `Connection` names.
 * @param drops further names that are left out, in lower case
 */
export function endToEnd(raw: RawHeaders, drops: (name: string) => boolean): string[] {
  const named = namedByConnection(raw)
  const kept: string[] = []
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] as string
    const lower = name.toLowerCase()
    if (CONNECTION_ONLY.has(lower) || named?.has(lower) || drops(lower)) continue
    kept.push(name, raw[at + 1] as string)
  }
  return kept
}

function namedByConnection(raw: RawHeaders): ReadonlySet<string> | undefined {
  let named: Set<string> | undefined
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] as string
    if (name.length !== 10 || name.toLowerCase() !== 'connection') continue
    const value = raw[at + 1] as string
    if (value === 'keep-alive' || value === 'close') continue
    named ??= new Set()
    for (const token of value.split(',')) {
      const lower = token.trim().toLowerCase()
      if (!KEPT.has(lower)) named.add(lower)
    }
  }
  return named
}

/** The headers of a response for the next connection. @param headers by names in lower case */
export function responseHeaders(headers: Readonly<Record<string, string | string[] | undefined>>) {
  const connection = headers.connection
  const named =
    connection === undefined || connection === 'keep-alive' || connection === 'close'
      ? undefined
      : new Set(String(connection).toLowerCase().split(/ *, */))
  const kept: Record<string, string | string[]> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || CONNECTION_ONLY.has(name)) continue
    if (named?.has(name) && !KEPT.has(name)) continue
    kept[name] = value
  }
  return kept
}
