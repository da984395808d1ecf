// Owns how a Cookie header is read.
const NO_COOKIES: ReadonlyMap<string, string> = new Map()

/** The cookies of a request. Two with one name and different values are left out: one may be an attacker's. */
export function readCookies(header: string | undefined): ReadonlyMap<string, string> {
  if (header === undefined) return NO_COOKIES
  const cookies = new Map<string, string>()
  const ambiguous = new Set<string>()
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=')
    if (equals < 1) continue
    const name = pair.slice(0, equals).trim()
    const value = pair.slice(equals + 1).trim()
    if (cookies.has(name) && cookies.get(name) !== value) ambiguous.add(name)
    cookies.set(name, value)
  }
  for (const name of ambiguous) cookies.delete(name)
  return cookies
}
