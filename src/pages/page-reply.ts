// The responses of hosted pages: not cached, not framed, and with a content security policy that allows only what the
// page needs.

import type { Image } from '#domain/outside.ts'
import type { Failure } from '#kernel/error.ts'
import type { Messages } from '#language/language.ts'
import { LANGUAGE_PATH } from '#web/page-paths.ts'
import type { Onward, RealmReply, RealmRequest } from '#web/realm-request.ts'
import { withQuery } from '#web/reply.ts'
import { shownBrand } from './brand.ts'
import { errorPage } from './views/error-page.ts'
import type { Frame } from './views/layout.ts'

/** The properties of a page besides its text. */
export interface PageOptions {
  /** Whether a form may lead to a client in the end. */
  readonly leadsAway?: boolean
  /** Whether the page has the script for passkeys. */
  readonly script?: boolean | undefined
  readonly setCookie?: readonly string[]
  /** Seconds until another attempt makes sense. */
  readonly retryAfter?: number | undefined
}

/**
 * Headers that every page has (RFC 9700 §4.16; OWASP Secure Headers).
 * @param leadsAway whether a form leads to a client in the end. Chromium applies `form-action` to every redirect after a
 *   form (CSP 3 §6.4.1.2), and a client may redirect to any origin or scheme, so that there is no such directive then
 * @param script whether the page has a script: one of this server, which fetches only from this server
 */
function pageHeaders(leadsAway = false, script = false): Record<string, string> {
  return {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': [
      "default-src 'none'",
      "style-src 'self'",
      "img-src 'self' data:",
      "font-src 'self'",
      ...(script ? ["script-src 'self'", "connect-src 'self'"] : []),
      ...(leadsAway ? [] : ["form-action 'self'"]),
      "frame-ancestors 'none'",
      "base-uri 'none'",
    ].join('; '),
    'x-frame-options': 'DENY',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
    pragma: 'no-cache',
    vary: 'accept-language, cookie',
    // A client may have opened the page in a popup. Every value but this one separates the two windows, so that the client
    // sees the popup as closed (HTML §7.1.3).
    'cross-origin-opener-policy': leadsAway ? 'unsafe-none' : 'same-origin-allow-popups',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()',
  }
}

/** A reply that is a page. */
export interface PageReply extends RealmReply {
  readonly body: string
}

/** A page as a reply. */
export function pageReply(
  status: number,
  html: string,
  { leadsAway, script, setCookie, retryAfter }: PageOptions = {},
): PageReply {
  return {
    status,
    headers: {
      ...pageHeaders(leadsAway, script),
      ...(setCookie && setCookie.length > 0 && { 'set-cookie': [...setCookie] }),
      ...(retryAfter !== undefined && { 'retry-after': String(Math.ceil(retryAfter)) }),
    },
    body: html,
  }
}

/** An image that this server got from another one: only an image, whatever else its bytes may be. */
export function imageReply({ type, bytes }: Image): RealmReply {
  return {
    status: 200,
    headers: {
      'content-type': type,
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'private, max-age=300',
    },
    body: bytes,
  }
}

/**
 * A failure as a page. It contains no link, because the URIs of the request may not be verified.
 * @param onward the way on to a client, whose redirect URI is verified
 */
export function failureReply(failure: Failure, realmRequest: RealmRequest, onward?: Onward): PageReply {
  const { code, detail, status } = failure
  const html = errorPage({
    // The addresses of requests that failed are often those of endpoints, which a choice of language cannot lead back to.
    frame: { ...frameOf(realmRequest), languageMenu: undefined },
    code,
    requestId: realmRequest.origin.requestId,
    detail: detail.message,
    onward,
  })
  // 401 asks for credentials in a header (RFC 9110 §15.5.2), which does not apply to a page.
  return pageReply(status === 401 ? 400 : status, html, {
    retryAfter: detail.retryAfter,
    leadsAway: onward !== undefined,
  })
}

/** What every page of a realm shows. */
export function frameOf(realmRequest: RealmRequest): Frame {
  const { language, base } = realmRequest
  return {
    brand: shownBrand(realmRequest, nameOf(realmRequest)),
    language,
    languageMenu: { action: base + LANGUAGE_PATH, to: hereOf(realmRequest) },
  }
}

/** The messages of a section, in the language of a page of a realm. */
export function wordsFor<Section extends keyof Messages>({ language }: RealmRequest, section: Section) {
  return language.messages[section]
}

/** What pages take from a query or from a form to be about the same thing again. */
const KEPT = [
  'transaction',
  'token',
  'invitation',
  'ask',
  'method',
  'passkey',
  'user_code',
  'result',
  'error',
  'reason',
]

/** The page that a request is about, below the base, as GET opens it. */
function hereOf({ method, path, form, query }: RealmRequest): string {
  const given = method === 'POST' ? form : query
  const kept = KEPT.flatMap((name) =>
    given
      .all(name)
      .slice(0, 1)
      .map((value) => [name, value] as const),
  )
  return withQuery(path, Object.fromEntries(kept))
}

// All admin realms have one name; their pages say whose they are.
function nameOf({ realm: { kind, name }, brand: { tenant }, language }: RealmRequest): string {
  if (kind !== 'admin') return name
  const { administration, administrationOf } = language.messages.layout
  return tenant === undefined ? administration : administrationOf(tenant)
}
