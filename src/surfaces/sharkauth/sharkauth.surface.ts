// The SharkAuth surface: its routes, credentials and errors.
import type { ERRORS, Failure } from '#kernel/error.ts'
import { bearerOf, challengeOf } from '../bearer.ts'
import { KEYS } from '../callers.ts'
import type { FailureContext, Surface, WireHead, WireReply } from '../surface.ts'
import { agentRoutes } from './agent.routes.ts'
import { apiKeyRoutes } from './api-key.routes.ts'
import { appRoutes } from './app.routes.ts'
import { auditRoutes } from './audit.routes.ts'
import { brandingRoutes } from './branding.routes.ts'
import { configRoutes } from './config.routes.ts'
import { consentRoutes } from './consent.routes.ts'
import { adminKeyOf } from './dialect.ts'
import { emailRoutes } from './email.routes.ts'
import { flowRoutes } from './flow.routes.ts'
import { organizationRoutes } from './organization.routes.ts'
import { permissionRoutes } from './permission.routes.ts'
import { proxyRoutes } from './proxy.routes.ts'
import { roleRoutes } from './role.routes.ts'
import { sessionRoutes } from './session.routes.ts'
import { ssoRoutes } from './sso.routes.ts'
import { systemRoutes } from './system.routes.ts'
import { userRoutes } from './user.routes.ts'
import { vaultRoutes } from './vault.routes.ts'
import { webhookRoutes } from './webhook.routes.ts'

const WORDS: Partial<Record<keyof typeof ERRORS, string>> = {
  unauthenticated: 'unauthorized',
  invalid_token: 'unauthorized',
  access_denied: 'forbidden',
  invalid_input: 'invalid_request',
  already_exists: 'conflict',
  limit_reached: 'conflict',
  too_many_requests: 'rate_limited',
  server_error: 'internal_error',
}

/** What is wrong with a password, as `code` says it beside the error `weak_password`. */
const PASSWORD_FLAWS: Readonly<Record<string, string>> = {
  tooShort: 'password_too_short',
  tooLong: 'password_too_long',
  isBreached: 'password_in_breach',
}

function error(failure: Failure, { errorPages }: FailureContext): WireReply {
  const { code, status, message, detail } = failure
  const flaw = detail.passwordFlaw && (PASSWORD_FLAWS[detail.passwordFlaw.kind] ?? 'password_too_common')
  const word = flaw ? 'weak_password' : (WORDS[code] ?? code)
  const flaws = detail.flaws ?? []
  return {
    status,
    headers: {
      ...(status === 401 && { 'www-authenticate': challengeOf(failure) }),
      ...(detail.retryAfter !== undefined && { 'retry-after': String(Math.ceil(detail.retryAfter)) }),
    },
    body: {
      error: word,
      code: flaw ?? word,
      message,
      docs_url: `${errorPages}/${flaw ?? word}`,
      ...(flaws.length > 0 && { details: Object.fromEntries(flaws.map((flaw) => [flaw.path, flaw.message])) }),
    },
  }
}

/** Streams that a browser follows, which sends no header (WHATWG HTML §9.2). */
const STREAMS = new Set(['/api/v1/admin/logs/stream', '/api/v1/admin/proxy/status/stream'])

function keyOf(request: WireHead): string {
  const { query, path, method } = request
  const inQuery = method === 'GET' && STREAMS.has(path) ? query.token : undefined
  if (typeof inQuery === 'string') return adminKeyOf(inQuery)
  return adminKeyOf(bearerOf(request, 'Send an admin key: Authorization: Bearer sk_live_…').token)
}

/** SharkAuth’s admin API, literally (SharkAuth, “Admin API”). */
export const sharkauth: Surface = {
  name: 'sharkauth',
  title: 'SharkAuth Admin API',
  description: 'Send an admin key as a bearer token. Lists have the shape that each of them documents.',
  callers: KEYS,
  prefix: '/api/v1',
  outOfReach: 'not_found',
  matchesCredential: ({ headers, query }) =>
    /^bearer +sk_live_/i.test(String(headers.authorization)) || String(query.token).startsWith('sk_live_'),
  authenticate: (request, authenticators) => authenticators.apiKey(keyOf(request)),
  error,
  errorSchema: {
    type: 'object',
    required: ['error', 'code', 'message'],
    properties: {
      error: { type: 'string' },
      code: { type: 'string' },
      message: { type: 'string' },
      docs_url: { type: 'string' },
      details: { type: 'object' },
    },
  },
  routes: [
    ...vaultRoutes,
    ...ssoRoutes,
    ...userRoutes,
    ...sessionRoutes,
    ...roleRoutes,
    ...permissionRoutes,
    ...organizationRoutes,
    ...agentRoutes,
    ...appRoutes,
    ...consentRoutes,
    ...apiKeyRoutes,
    ...auditRoutes,
    ...flowRoutes,
    ...webhookRoutes,
    ...emailRoutes,
    ...brandingRoutes,
    ...proxyRoutes,
    ...configRoutes,
    ...systemRoutes,
  ],
}
