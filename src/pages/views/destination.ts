// Shows the destination of a redirect, and decides whether it can be a link.
import { plainHost, plainText } from './plain-text.ts'

/** Where a redirect leads, as a person should see it. */
export interface Destination {
  /** `web`: a site; `device`: a program on this computer (RFC 8252 §7.3); `app`: an app by its URI scheme (§7.1). */
  readonly kind: 'web' | 'device' | 'app'
  /** The host with its port (internationalised names in their ASCII form), or the scheme of an app. */
  readonly label: string
}

/** Reads an already matched redirect URI. One that does not parse, which matching should have refused, is shown as text. */
export function destinationOf(redirectUri: string): Destination {
  const url = URL.canParse(redirectUri) ? new URL(redirectUri) : undefined
  if (!url) return { kind: 'app', label: plainText(redirectUri) }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return { kind: 'app', label: plainText(url.protocol) }
  return { kind: isLoopback(url.hostname) ? 'device' : 'web', label: plainHost(url.host) }
}

/**
 * The URI if it may stand in a link: http, https, or a private-use scheme with a dot (RFC 8252 §7.1); else undefined.
 * A second lock only: the caller has verified whose URI it is.
 */
export function linkable(uri: string): string | undefined {
  const protocol = URL.canParse(uri) ? new URL(uri).protocol : ''
  return protocol === 'https:' || protocol === 'http:' || protocol.includes('.') ? uri : undefined
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}
