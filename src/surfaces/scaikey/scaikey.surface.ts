// ScaiKey’s admin API: its routes, credentials and errors (ScaiKey, “Admin API”).
import type { Actor } from '#domain/actor.ts'
import { Failure } from '#kernel/error.ts'
import { bearerOf, challengeOf } from '../bearer.ts'
import { ADMINISTRATORS, PLATFORM_TOKENS } from '../callers.ts'
import { arrayOf, objectOf, STRING } from '../dialect.ts'
import type { FailureContext, PlatformHolder, Route, Surface, WireHead, WireReply } from '../surface.ts'
import { agentRoutes } from './agent.routes.ts'
import { applicationRoutes } from './application.routes.ts'
import { auditRoutes } from './audit.routes.ts'
import { dashboardRoutes } from './dashboard.routes.ts'
import { groupRoutes } from './group.routes.ts'
import { identityProviderRoutes } from './identity-provider.routes.ts'
import { partnerRoutes } from './partner.routes.ts'
import { sessionRoutes } from './session.routes.ts'
import { tenantRoutes } from './tenant.routes.ts'
import { userRoutes } from './user.routes.ts'

const PREFIX = '/api/v1/admin'

const routes: readonly Route[] = [
  ...partnerRoutes,
  ...tenantRoutes,
  ...userRoutes,
  ...groupRoutes,
  ...sessionRoutes,
  ...auditRoutes,
  ...dashboardRoutes,
  ...applicationRoutes,
  ...identityProviderRoutes,
  ...agentRoutes,
]

// FastAPI’s bodies, as ScaiKey documents them: `detail` is a sentence, or a list of what is wrong with the input.
function error(failure: Failure, { path }: FailureContext): WireReply {
  const { code, status, message, detail } = failure
  const headers = {
    ...(status === 401 && { 'www-authenticate': challengeOf(failure) }),
    ...(detail.retryAfter !== undefined && { 'retry-after': String(Math.ceil(detail.retryAfter)) }),
  }
  if (code === 'invalid_input') {
    const listed = detail.flaws?.map(({ path, message: msg }) => ({ loc: path.split('.'), msg, type: 'value_error' }))
    return { status: 422, headers, body: { detail: listed?.length ? listed : message } }
  }
  const sentence = code === 'not_found' ? (detail.message ?? absent(path)) : SENTENCES[code]
  return { status, headers, body: { detail: sentence ?? message } }
}

// What is not there is called by the noun of the path; where nothing is routed, FastAPI says that much.
function absent(path: string): string {
  if (!ROUTED.some((pattern) => pattern.test(path))) return 'Not Found'
  const [plural = ''] = path.slice(PREFIX.length + 1).split('/')
  const thing = THINGS[plural] ?? plural.replace(/s$/, '').replaceAll('-', ' ')
  return `${thing.charAt(0).toUpperCase()}${thing.slice(1)} not found`
}

const ROUTED = routes.map(({ path }) => new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}/?$`))

/** The nouns of paths that do not contain the noun. */
const THINGS: Readonly<Record<string, string>> = { audit: 'event' }

const SENTENCES: Partial<Record<Failure['code'], string>> = {
  forbidden: 'Access denied',
  access_denied: 'Access denied',
  unauthenticated: 'Not authenticated',
  invalid_token: 'Invalid or expired token',
  method_not_allowed: 'Method Not Allowed',
}

// To change something is to see it as well (ScaiKey, “Authentication”).
function admitted({ reads, writes, ...holder }: PlatformHolder, { method }: WireHead): Omit<Actor, 'origin'> {
  if (!reads) throw new Failure('insufficient_scope', 'Platform token requires admin:read or admin:write scope')
  if (!writes && method !== 'GET' && method !== 'HEAD') {
    throw new Failure('insufficient_scope', 'Platform token requires admin:write scope')
  }
  return holder
}

export const scaikey: Surface = {
  name: 'scaikey',
  title: 'ScaiKey Admin API',
  description:
    'Send a bearer JWT: an administrator’s access token, or a platform token with the scope admin:read or admin:write. Lists are pages: `page`, `per_page`, answered with `pagination`.',
  callers: [...Object.values(ADMINISTRATORS), ...PLATFORM_TOKENS],
  prefix: PREFIX,
  outOfReach: 'access_denied',
  authenticate: async (request, authenticators) => {
    const { token } = bearerOf(request, 'Not authenticated')
    const program = await authenticators.platformToken(token)
    return program ? admitted(program, request) : authenticators.adminToken(token)
  },
  error,
  errorSchema: objectOf({
    detail: { oneOf: [STRING, arrayOf(objectOf({ 'loc?': arrayOf(STRING), 'msg?': STRING, 'type?': STRING }))] },
  }),
  routes,
}
