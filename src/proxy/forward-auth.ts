// Another way into the rules: a proxy of somebody else asks whether a request may pass, and forwards it itself.
import type { IncomingMessage } from 'node:http'
import { SITE_CALLBACK_PATH } from '#domain/proxy-site/site-sign-in.ts'
import { type OwnReply, ownReply } from './denial.ts'
import { type GateParts, pass } from './gate.ts'
import { IDENTITY_HEADERS, IDENTITY_TOKEN, identityHeaders } from './identity-headers.ts'
import type { IdentityTokens } from './identity-token.ts'
import type { Peers } from './peers.ts'
import { endSignIn } from './sign-in.ts'
import type { Sites } from './sites.ts'

const BASE = '/.countersign/auth/'

/** The ways in which proxies ask. */
const KINDS = ['nginx', 'forward', 'envoy'] as const

/** Whether a request target is one of the endpoints for other proxies. */
export function isForwardAuth(url: string): boolean {
  return url.startsWith(BASE)
}

/** What the endpoints need. */
export interface ForwardAuthParts extends GateParts {
  readonly peers: Peers
  readonly sites: Sites
  readonly tokens: IdentityTokens
}

interface Original {
  readonly method: string
  readonly host: string
  readonly url: string
}

/**
 * Answers whether a request may pass: 200 with all headers about the caller, or what the client gets instead. A header
 * without a value is there and empty, so that it replaces one that the client sent. nginx takes only 401 and 403 for an
 * answer, so it gets a redirect as 401 with a Location.
 */
export async function forwardAuth(parts: ForwardAuthParts, request: IncomingMessage): Promise<OwnReply> {
  const { peers, sites, services } = parts
  if (!peers.isTrusted(request)) {
    return ownReply(403, 'access_denied', 'Only a trusted proxy may ask here: add its address to trusted_proxies.')
  }
  const path = request.url ?? ''
  const kind = KINDS.find((each) => path.startsWith(BASE + each))
  const original = kind && originalOf(kind, path, request)
  if (!original) return ownReply(400, 'invalid_request', 'The headers that describe the original request are missing.')
  const placed = await sites.at(original.host)
  if (!placed) return ownReply(403, 'misdirected_request', 'The proxy has no site at this host.')
  if (kind !== 'nginx' && original.url.startsWith(`${SITE_CALLBACK_PATH}?`)) {
    return endSignIn(services, placed, { url: original.url, cookieHeader: request.headers.cookie })
  }
  const { headers } = request
  const passage = await pass(parts, placed, {
    method: original.method,
    url: original.url,
    headers,
    ip: peers.clientAddress(request),
    requestId: services.decisions.nextId(),
  })
  if (passage.denied) return kind === 'nginx' ? forNginx(passage.denied) : passage.denied
  const { caller } = passage.identified
  const signed = placed.site.signsIdentity && caller.kind !== 'anonymous'
  return {
    status: 200,
    headers: {
      'cache-control': 'no-store',
      ...Object.fromEntries(IDENTITY_HEADERS.map((name) => [name, ''])),
      ...identityHeaders(caller),
      ...(signed && { [IDENTITY_TOKEN]: await parts.tokens.of(placed, caller) }),
    },
    body: '',
  }
}

function originalOf(
  kind: (typeof KINDS)[number],
  path: string,
  { method, headers }: IncomingMessage,
): Original | undefined {
  if (kind === 'envoy') {
    // Envoy asks with the method, host and path of the request, behind the prefix.
    const url = path.slice(BASE.length + kind.length) || '/'
    return { method: method ?? '', host: one(headers['x-forwarded-host']) ?? headers.host ?? '', url }
  }
  if (kind === 'nginx') {
    const address = one(headers['x-original-url'])
    const asked = one(headers['x-original-method'])
    if (address === undefined || asked === undefined) return undefined
    const [, host = '', url = ''] = /^https?:\/\/([^/]+)(\/.*)$/i.exec(address) ?? []
    return host === '' ? undefined : { method: asked, host, url }
  }
  const asked = one(headers['x-forwarded-method'])
  const host = one(headers['x-forwarded-host'])
  const url = one(headers['x-forwarded-uri'])
  if (asked === undefined || host === undefined || !url?.startsWith('/')) return undefined
  return { method: asked, host, url }
}

/** The value of a header that may be there once. */
function one(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function forNginx(denied: OwnReply): OwnReply {
  if (denied.status === 401 || denied.status === 403) return denied
  const status = denied.headers.location === undefined ? 403 : 401
  return { ...denied, status }
}
