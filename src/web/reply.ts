// Replies of a realm's endpoints: JSON that is not stored, redirects, and failures as OAuth errors.
import type { ErrorCode, Failure } from '#kernel/error.ts'
import { isExplained } from '#kernel/error-explanation.ts'
import type { Language } from '#language/language.ts'
import type { RealmReply, RealmRequest } from './realm-request.ts'

/** The headers of a reply that must not be stored (RFC 6749 §5.1). */
export const NO_STORE = { 'cache-control': 'no-store', pragma: 'no-cache' }

/** A JSON reply that must not be stored (RFC 6749 §5.1). */
export function json(status: number, body: unknown, headers: Record<string, string> = {}): RealmReply {
  return {
    status,
    headers: { 'content-type': 'application/json', ...NO_STORE, ...headers },
    body: JSON.stringify(body),
  }
}

/**
 * A redirect that becomes a GET whatever it answers, so that no password travels on with it (RFC 9700 §4.12), and that
 * tells the next page nothing of where it came from (§4.2.4).
 * @param cookies the values of Set-Cookie headers
 */
export function seeOther(location: string, cookies: readonly string[] = []): RealmReply {
  return {
    status: 303,
    headers: {
      location,
      'cache-control': 'no-store',
      pragma: 'no-cache',
      'referrer-policy': 'no-referrer',
      ...(cookies.length > 0 && { 'set-cookie': [...cookies] }),
    },
  }
}

/**
 * A registered URI with more in its query; what was there stays as it is, byte for byte, but for characters that a
 * header cannot hold.
 */
export function withQuery(uri: string, parameters: Readonly<Record<string, string>>): string {
  const query = Object.entries(parameters).map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
  if (query.length === 0) return headerSafe(uri)
  const separator = uri.includes('?') ? (/[?&]$/.test(uri) ? '' : '&') : '?'
  return `${headerSafe(uri)}${separator}${query.join('&')}`
}

/** A registered URI, which has no fragment (RFC 6749 §3.1.2), with parameters in one. */
export function withFragment(uri: string, parameters: Readonly<Record<string, string>>): string {
  return `${headerSafe(uri)}#${new URLSearchParams(parameters)}`
}

const SUBMIT = 'document.forms[0].submit()'
/** The SHA-256 of the script, for the content security policy. */
const SUBMIT_HASH = 'ePniVEkSivX/c7XWBGafqh8tSpiRrKiqYeqbG7N1TOE='

/**
 * A page that posts a form by itself, or by its button where scripts are off (OAuth 2.0 Form Post Response Mode §2). It may
 * be framed, because clients ask for silent sign-ins in frames and nothing on it is worth a click. It has no `form-action`:
 * Chromium applies that to every redirect after the form, and the client may redirect to any origin.
 * @param action a registered redirect URI
 */
export function postingPage(
  action: string,
  parameters: Readonly<Record<string, string>>,
  language: Language,
): RealmReply {
  const { proceed } = language.messages.form
  const fields = Object.entries(parameters).map(
    ([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`,
  )
  return {
    status: 200,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      ...NO_STORE,
      'content-security-policy': `default-src 'none'; script-src 'sha256-${SUBMIT_HASH}'; base-uri 'none'`,
      'x-content-type-options': 'nosniff',
      // With no-referrer, browsers send `Origin: null`, which clients that compare origins refuse.
      'referrer-policy': 'origin',
    },
    body: `<!doctype html><html lang="${language.lang}" dir="${language.dir}"><head><meta charset="utf-8"><title>${escapeHtml(proceed)}</title></head><body>
<form method="post" action="${escapeHtml(action)}">${fields.join('')}
<noscript><button>${escapeHtml(proceed)}</button></noscript></form><script>${SUBMIT}</script></body></html>`,
  }
}

/** Text as it stands in HTML, also within quotes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

function headerSafe(uri: string): string {
  return uri.toWellFormed().replace(/[^\x21-\x7e]+/g, encodeURIComponent)
}

// Whatever is malformed about a request, OAuth has one word for it; the HTTP status says more.
const MALFORMED: ReadonlySet<ErrorCode> = new Set([
  'invalid_input',
  'unsupported_media_type',
  'payload_too_large',
  'method_not_allowed',
])

/** A failure’s code as RFC 6749 §5.2 and RFC 6750 §3.1 have it. */
export function oauthCode({ code }: Failure): string {
  return MALFORMED.has(code) ? 'invalid_request' : code
}

/** Where the pages about errors are, below the realm’s base URL. */
export const ERRORS_PATH = '/errors'

/**
 * The address of the page about an error (`error_uri`, RFC 6749 §5.2); undefined for one that has none.
 * @param requestId of the refused request: the operator finds it by this id
 */
export function errorUri(issuer: string, code: string, requestId: string): string | undefined {
  if (!isExplained(code)) return undefined
  return `${issuer}${ERRORS_PATH}?${new URLSearchParams({ error: code, request: requestId })}`
}

/** A failure as RFC 6749 §5.2 writes it. @param request the refused request, if its realm is known */
export function refuseAsJson(failure: Failure, request?: Pick<RealmRequest, 'issuer' | 'origin'>): RealmReply {
  const { detail, status, message } = failure
  const code = oauthCode(failure)
  const page = request && errorUri(request.issuer, code, request.origin.requestId)
  return json(
    status,
    {
      error: code,
      error_description: asciiOf(message),
      ...(page !== undefined && { error_uri: page }),
      ...(detail.consent && { cause: detail.consent.cause, consent_url: detail.consent.url }),
    },
    {
      ...(code === 'invalid_client' && { 'www-authenticate': 'Basic realm="countersign", charset="UTF-8"' }),
      ...(detail.retryAfter !== undefined && { 'retry-after': String(Math.ceil(detail.retryAfter)) }),
      ...(detail.dpopNonce !== undefined && { 'dpop-nonce': detail.dpopNonce }),
    },
  )
}

/** A failure as a person reads it, on a page that leads nowhere. */
export function refuseAsPage(failure: Failure): RealmReply {
  return { status: failure.status, headers: {}, failure }
}

/** A text with only the characters that RFC 6749 §5.2 allows in an error description. */
export function asciiOf(text: string): string {
  return text.replaceAll('’', "'").replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, '?')
}
