// What a caller gets who may not pass: a redirect in a browser, a status and a challenge elsewhere.
import type { IncomingHttpHeaders } from 'node:http'
import type { SiteRule } from '#domain/proxy/proxied-site.ts'
import { tierOf } from '#domain/proxy-rule/condition.ts'
import type { Decision } from '#domain/proxy-rule/engine.ts'
import { renderId } from '#kernel/id.ts'
import type { Identified } from './callers.ts'
import type { PlacedSite } from './sites.ts'

/** A reply of the proxy itself. */
export interface OwnReply {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[]>>
  readonly body: string
}

/** A request that was refused. */
export interface Refused {
  readonly placed: PlacedSite
  readonly issuer: string
  readonly method: string
  readonly headers: IncomingHttpHeaders
  /** The address in the browser. */
  readonly url: string
  readonly identified: Identified
  readonly decision: Decision<SiteRule>
  /** Begins a sign-in that comes back to the address. */
  readonly signIn: () => { readonly location: string; readonly cookie: string }
}

/** The reply to a request that may not pass. */
export function denial(refused: Refused): OwnReply {
  const { decision } = refused
  if (decision.need === 'sign_in') return unauthenticated(refused)
  if (decision.need === 'tier') return outOfTier(refused)
  if (decision.need === 'path') return ownReply(400, 'invalid_request', decision.reason)
  if (decision.need === 'scope' && refused.identified.by === 'token') {
    const { rule } = decision
    const scopes = [...(rule?.scopes ?? []), ...(rule?.require.startsWith('scope:') ? [rule.require.slice(6)] : [])]
    const challenge = `Bearer realm="${refused.issuer}", error="insufficient_scope", scope="${scopes.join(' ')}"`
    return ownReply(403, 'insufficient_scope', decision.reason, { 'www-authenticate': challenge })
  }
  return ownReply(403, 'access_denied', decision.reason)
}

/** Whether a person in a browser asks for a page, and so can follow a redirect to another one. */
export function isNavigation(method: string, headers: IncomingHttpHeaders): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false
  const mode = headers['sec-fetch-mode']
  return (mode === undefined || mode === 'navigate') && /\btext\/html\b/.test(headers.accept ?? '')
}

function unauthenticated(refused: Refused): OwnReply {
  const { identified, issuer, method, headers, decision } = refused
  const { failure } = identified
  if (!failure && isNavigation(method, headers)) {
    const { location, cookie } = refused.signIn()
    return {
      status: 302,
      headers: { ...denied(decision.reason), location, 'set-cookie': cookie },
      body: '',
    }
  }
  const code = failure?.code === 'unauthenticated' ? undefined : failure?.code
  const said = code ? `, error="${code}", error_description="${failure?.message.replace(/[^ !#-[\]-~]/g, '')}"` : ''
  const scheme = code === 'invalid_dpop_proof' || code === 'use_dpop_nonce' ? 'DPoP' : 'Bearer'
  const nonce = failure?.detail.dpopNonce
  return ownReply(401, code ?? 'unauthenticated', failure?.message ?? decision.reason, {
    'www-authenticate': `${scheme} realm="${issuer}"${said}`,
    ...(nonce !== undefined && { 'dpop-nonce': nonce }),
  })
}

function outOfTier({ placed, issuer, method, headers, url, decision }: Refused): OwnReply {
  const tier = (decision.rule && tierOf(decision.rule)) ?? ''
  const { applicationId } = placed.site
  if (isNavigation(method, headers)) {
    const query = new URLSearchParams({ tier, return: url })
    const slug = applicationId === null ? 'site' : renderId('application', applicationId)
    return {
      status: 302,
      headers: { ...denied(decision.reason), location: `${issuer}/paywall/${slug}?${query}` },
      body: '',
    }
  }
  return ownReply(402, 'payment_required', decision.reason)
}

/** A reply in JSON that no cache keeps. */
export function ownReply(
  status: number,
  error: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): OwnReply {
  return {
    status,
    headers: { 'content-type': 'application/json', ...denied(message), ...headers },
    body: JSON.stringify({ error, message }),
  }
}

function denied(reason: string): Record<string, string> {
  return {
    'cache-control': 'no-store',
    vary: 'Cookie, Authorization',
    'x-deny-reason': reason.replace(/[^ -~]/g, '?'),
    'x-content-type-options': 'nosniff',
  }
}
