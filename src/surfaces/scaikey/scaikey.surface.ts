import type { Actor } from '#domain/context.ts'
import { Failure } from '#kernel/error.ts'
import { bearerOf } from '../bearer.ts'
import { ADMINISTRATORS, PLATFORM_TOKENS } from '../callers.ts'
import type { Asked, PlatformHolder, Route, Surface, WireReply, WireRequest } from '../surface.ts'
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
function error({ code, status, message, detail }: Failure, { path }: Asked): WireReply {
  const flaws = code === 'invalid_input' ? (detail.flaws ?? []) : []
  const headers = {
    ...(status === 401 && { 'www-authenticate': 'Bearer' }),
    ...(detail.retryAfter !== undefined && { 'retry-after': String(Math.ceil(detail.retryAfter)) }),
  }
  if (code === 'invalid_input') {
    const listed = flaws.map((flaw) => ({ loc: flaw.path.split('.'), msg: flaw.message, type: 'value_error' }))
    return { status: 422, headers, body: { detail: listed.length > 0 ? listed : message } }
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

/** What single things are called whose paths do not say so. */
const THINGS: Readonly<Record<string, string>> = { audit: 'event' }

const SENTENCES: Partial<Record<Failure['code'], string>> = {
  forbidden: 'Access denied',
  access_denied: 'Access denied',
  unauthenticated: 'Not authenticated',
  invalid_token: 'Invalid or expired token',
  method_not_allowed: 'Method Not Allowed',
}

// To change something is to see it as well (ScaiKey, “Authentication”).
function admitted({ reads, writes, ...holder }: PlatformHolder, { method }: WireRequest): Omit<Actor, 'origin'> {
  if (!reads) {
    throw new Failure('insufficient_scope', 'Platform token requires admin:read or admin:write scope')
  }
  if (!writes && method !== 'GET' && method !== 'HEAD') {
    throw new Failure('insufficient_scope', 'Platform token requires admin:write scope')
  }
  return holder
}

/** ScaiKey’s admin API, literally (ScaiKey, “Admin API”). */
export const scaikey: Surface = {
  name: 'scaikey',
  title: 'ScaiKey Admin API',
  description:
    'Send a bearer JWT: an administrator’s access token, or a platform token with the scope admin:read or admin:write. Lists are pages: `page`, `per_page`, answered with `pagination`.',
  callers: [...Object.values(ADMINISTRATORS), ...PLATFORM_TOKENS],
  prefix: PREFIX,
  slashed: true,
  outOfReach: 'access_denied',
  authenticate: async (request, doors) => {
    const { token } = bearerOf(request, 'Not authenticated')
    const program = await doors.platformToken(token)
    return program ? admitted(program, request) : doors.adminToken(token)
  },
  error,
  errorSchema: {
    type: 'object',
    required: ['detail'],
    properties: {
      detail: {
        oneOf: [
          { type: 'string' },
          {
            type: 'array',
            items: {
              type: 'object',
              properties: {
                loc: { type: 'array', items: { type: 'string' } },
                msg: { type: 'string' },
                type: { type: 'string' },
              },
            },
          },
        ],
      },
    },
  },
  routes,
}
