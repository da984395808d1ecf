// How the hosted pages are sent: never kept, never framed, and able to load and send nothing but what they must.
import type { RealmReply, RealmRequest } from '#domain/realm-request.ts'
import type { Failure } from '#kernel/error.ts'
import { errorPage } from './views/error-page.ts'
import type { Frame } from './views/layout.ts'

/** What a page needs besides its text. */
export interface PageOptions {
  /** Where a form may lead in the end, besides this server. */
  readonly leadsTo?: string | undefined
  readonly setCookie?: readonly string[]
  /** Seconds until a retry makes sense. */
  readonly retryAfter?: number | undefined
}

/** Headers that every page has (RFC 9700 §4.16; OWASP Secure Headers). */
export function pageHeaders(formAction: string): Record<string, string> {
  return {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': [
      "default-src 'none'",
      "style-src 'self'",
      "img-src 'self' data:",
      `form-action ${formAction}`,
      "frame-ancestors 'none'",
      "base-uri 'none'",
    ].join('; '),
    'x-frame-options': 'DENY',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
    pragma: 'no-cache',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()',
  }
}

/** A page as a reply. */
export function pageReply(
  status: number,
  html: string,
  { leadsTo, setCookie, retryAfter }: PageOptions = {},
): RealmReply {
  return {
    status,
    headers: {
      ...pageHeaders(leadsTo === undefined ? "'self'" : `'self' ${sourceOf(leadsTo)}`),
      ...(setCookie && setCookie.length > 0 && { 'set-cookie': [...setCookie] }),
      ...(retryAfter !== undefined && { 'retry-after': String(Math.ceil(retryAfter)) }),
    },
    body: html,
  }
}

/** A failure as a page. It leads nowhere: whatever URI the request had may not be verified. */
export function failureReply(failure: Failure, realmRequest: RealmRequest): RealmReply {
  const { code, detail, status } = failure
  const html = errorPage({
    frame: frameOf(realmRequest),
    code,
    requestId: realmRequest.origin.requestId,
    detail: detail.message,
  })
  // 401 asks for credentials in a header (RFC 9110 §15.5.2), which a page does not.
  return pageReply(status === 401 ? 400 : status, html, { retryAfter: detail.retryAfter })
}

/** What every page of a realm shows. */
export function frameOf({ realm }: RealmRequest): Frame {
  return { brand: { name: realm.name } }
}

/**
 * A redirect URI as a CSP source: browsers apply `form-action` to where a form’s redirects lead too (CSP 3 §6.4.1.2).
 * CSP has no notation for IPv6 addresses nor for what comes after a private-use scheme; there the scheme has to do.
 */
function sourceOf(uri: string): string {
  const { protocol, hostname, origin } = new URL(uri)
  const web = protocol === 'https:' || protocol === 'http:'
  return web && !hostname.startsWith('[') ? origin : protocol
}
