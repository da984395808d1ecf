// Decides which redirect URIs can be registered, and whether a presented URI is registered.
import * as z from 'zod'

const LENGTH_MAX = 2000
const CUSTOM_SCHEME = /^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:/
// Private-use schemes without a dot that installed applications register all the same.
const KNOWN_SCHEME = /^cursor:\/\/[a-z0-9.-]+\//
const LOOPBACK = /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost)(:\d{1,5})?(?=[/?]|$)/
// The first label counts as well: `javascript.x:` is a private-use scheme only by its form.
const EXECUTABLE = /^(about|blob|data|file|filesystem|javascript|vbscript|view-source)[.:]/
// Other characters that the URL Standard allows in a host separate directives in a Content-Security-Policy.
const HOST = /^([a-z0-9_-]+\.)*[a-z0-9_-]+\.?$|^\[[0-9a-f:.]+\]$/
// Parsers disagree about the authority of a URI that contains a backslash, white space or a control character.
const AMBIGUOUS = /[\\\s\p{Cc}]/u

/**
 * The problem of a redirect URI; undefined if it is valid. Allowed are https, http to a loopback address, and a
 * private-use scheme with a dot, or one of the known ones without (RFC 8252 §7); without fragment, user information, wildcard or ambiguous characters
 * (RFC 9700 §2.1, §4.1).
 */
export function flawOfRedirectUri(uri: string): string | undefined {
  if (uri.length > LENGTH_MAX) return `is longer than ${LENGTH_MAX} characters`
  if (AMBIGUOUS.test(uri)) return 'contains white space, a backslash or a control character'
  if (uri.includes('#')) return 'has a fragment'
  if (uri.includes('*')) return 'has a wildcard'
  if (!URL.canParse(uri)) return 'is not an absolute URI'
  const { protocol, hostname, username, password } = new URL(uri)
  if (EXECUTABLE.test(protocol)) return 'has a scheme that browsers execute'
  if (username || password) return 'has user information'
  if (/^https?:$/.test(protocol) && !HOST.test(hostname)) return 'has a host with other characters than a host name has'
  if (protocol === 'https:') return undefined
  if (protocol === 'http:') {
    return LOOPBACK.test(uri) ? undefined : 'is http to another machine; use https'
  }
  return CUSTOM_SCHEME.test(uri) || KNOWN_SCHEME.test(uri)
    ? undefined
    : 'has a scheme that is neither https nor a private-use scheme with a dot'
}

/** A URI for which {@link flawOfRedirectUri} returns no problem. */
export const redirectUri = z
  .string()
  .max(LENGTH_MAX)
  .superRefine((uri, issue) => {
    const flaw = flawOfRedirectUri(uri)
    if (flaw) issue.addIssue({ code: 'custom', message: `the URI ${flaw}` })
  })

/** Whether a realm's bounds allow a URI; a realm without bounds allows every URI. */
export function isWithin({ allowedRedirects }: { readonly allowedRedirects: readonly string[] }, uri: string): boolean {
  return allowedRedirects.length === 0 || matchesRedirectUri(allowedRedirects, uri, { native: true })
}

/**
 * Whether a presented URI is a registered one: equal byte for byte, except for the port of a loopback address (RFC 8252
 * §7.3, OAuth 2.1 §2.3.1).
 * @param options.native whether a native application asks, which may vary the port of the name `localhost` too: clients
 *   in the field need it, though RFC 8252 §8.3 advises against the name
 */
export function matchesRedirectUri(
  registered: readonly string[],
  presented: string,
  { native }: { readonly native: boolean },
): boolean {
  if (registered.includes(presented)) return true
  if (!LOOPBACK.test(presented) || flawOfRedirectUri(presented)) return false
  if (!native && presented.startsWith('http://localhost')) return false
  const portless = withoutPort(presented)
  return registered.some((uri) => LOOPBACK.test(uri) && withoutPort(uri) === portless)
}

/** Whether an https or loopback URI is of a host. @param host a name, or `*.` and a domain for every name below it */
export function isHostOf(host: string, uri: string): boolean {
  const { protocol, hostname } = new URL(uri)
  if (protocol !== 'https:' && protocol !== 'http:') return false
  return host.startsWith('*.') ? hostname.endsWith(host.slice(1)) : hostname === host
}

/** Where a redirect URI leads: a host with its port, this computer, or the programs that have a scheme. */
export function placeOfRedirect(uri: string): string {
  const { protocol, host } = new URL(uri)
  if (LOOPBACK.test(uri)) return 'this computer'
  return protocol === 'https:' ? host : protocol
}

function withoutPort(uri: string): string {
  return uri.replace(LOOPBACK, (_, host: string) => `http://${host}`)
}
