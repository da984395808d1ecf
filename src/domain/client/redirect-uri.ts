// Which redirect URIs may be registered, and when a presented one is one of them.
import * as z from 'zod'

const CUSTOM_SCHEME = /^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:/
const LOOPBACK = /^http:\/\/(127\.0\.0\.1|\[::1\])(:\d{1,5})?(?=[/?]|$)/
// A backslash, white space or a control character lets two parsers see two authorities.
const AMBIGUOUS = /[\\\s\p{Cc}]/u

/**
 * What is wrong with a URI that a client wants to be sent to; undefined where nothing is. https, http to this machine,
 * or a private-use scheme with a dot in it (RFC 8252 §7); no fragment, user information, wildcard or ambiguity
 * (RFC 9700 §2.1, §4.1).
 */
export function flawOfRedirectUri(uri: string): string | undefined {
  if (uri.length > 2000) return 'is longer than 2000 characters'
  if (AMBIGUOUS.test(uri)) return 'contains white space, a backslash or a control character'
  if (uri.includes('#')) return 'has a fragment'
  if (uri.includes('*')) return 'has a wildcard'
  if (!URL.canParse(uri)) return 'is not an absolute URI'
  const { protocol, hostname, username, password } = new URL(uri)
  if (username || password) return 'has user information'
  if (protocol === 'https:') return undefined
  if (protocol === 'http:') {
    return LOOPBACK.test(uri) || hostname === 'localhost' ? undefined : 'is http to another machine'
  }
  return CUSTOM_SCHEME.test(uri) ? undefined : 'has a scheme that is neither https nor a private-use scheme with a dot'
}

/** A URI that {@link flawOfRedirectUri} finds nothing wrong with. */
export const redirectUri = z.string().superRefine((uri, issue) => {
  const flaw = flawOfRedirectUri(uri)
  if (flaw) issue.addIssue({ code: 'custom', message: `the URI ${flaw}` })
})

/** Whether a URI is within what a realm allows; all are where it names none. */
export function isWithin({ allowedRedirects }: { readonly allowedRedirects: readonly string[] }, uri: string): boolean {
  return allowedRedirects.length === 0 || matchesRedirectUri(allowedRedirects, uri)
}

/**
 * Whether a presented URI is a registered one: byte for byte, but for the port of a loopback address (RFC 8252 §7.3,
 * OAuth 2.1 §2.3.1).
 */
export function matchesRedirectUri(registered: readonly string[], presented: string): boolean {
  if (registered.includes(presented)) return true
  if (!LOOPBACK.test(presented) || flawOfRedirectUri(presented)) return false
  const portless = withoutPort(presented)
  return registered.some((uri) => LOOPBACK.test(uri) && withoutPort(uri) === portless)
}

function withoutPort(uri: string): string {
  return uri.replace(LOOPBACK, (_, host: string) => `http://${host}`)
}
