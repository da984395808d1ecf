import { Failure } from '#kernel/error.ts'
import { bearerOf } from '../bearer.ts'
import { ADMINISTRATORS } from '../callers.ts'
import type { Asked, Surface, WireReply } from '../surface.ts'
import { auditRoutes } from './audit.routes.ts'
import { organizationRoutes } from './organization.routes.ts'
import { projectRoutes } from './project.routes.ts'
import { projectKeyRoutes } from './project-key.routes.ts'
import { userRoutes } from './user.routes.ts'
import { webhookRoutes } from './webhook.routes.ts'

const { superAdmin, tenantAdmin, managementClient } = ADMINISTRATORS

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  410: 'Gone',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
}

// Problem details (RFC 9457) with Zautha’s members besides: `traceId`, and `errors` by field.
function error({ code, status, message, detail }: Failure, { path, requestId }: Asked): WireReply {
  const errors: Record<string, string[]> = {}
  for (const flaw of detail.flaws ?? []) {
    const field = flaw.path.replace(/^(body|query)\./, '') || 'body'
    errors[field] = [...(errors[field] ?? []), flaw.message]
  }
  const invalid = code === 'invalid_input'
  return {
    status,
    headers: {
      'content-type': 'application/problem+json; charset=utf-8',
      ...(status === 401 && { 'www-authenticate': 'Bearer' }),
      ...(detail.retryAfter !== undefined && { 'retry-after': String(Math.ceil(detail.retryAfter)) }),
    },
    body: {
      type: `https://docs.zautha.com/errors/${invalid ? 'validation-error' : code.replaceAll('_', '-')}`,
      title: invalid ? 'Validation Error' : (TITLES[status] ?? 'Error'),
      status,
      detail: message,
      instance: path,
      traceId: requestId,
      ...(Object.keys(errors).length > 0 && { errors }),
    },
  }
}

/** Zautha’s control plane, literally (Zautha, “Admin Endpoints”). */
export const zautha: Surface = {
  name: 'zautha',
  title: 'Zautha Admin API',
  description:
    'Send an administrator’s access token as a bearer token, or the cookie of an administrator’s session and, with what changes something, its CSRF token as `X-CSRF-Token`; everything is about the tenant in the token’s claim `tid`. Lists are pages: `page`, `limit`, answered with `pagination`.',
  // A super_admin too administers here only the tenant that it signed in at.
  callers: [{ ...superAdmin, reach: 'tenant' }, tenantAdmin, managementClient],
  prefix: '/v1/admin',
  outOfReach: 'not_found',
  authenticate: async (request, doors) => {
    const holder =
      request.headers.authorization === undefined && request.headers.cookie !== undefined
        ? await doors.adminSession(request)
        : await doors.adminToken(bearerOf(request, 'Send an access token: Authorization: Bearer …').token)
    // No header, query or body leads to another tenant than that of the token, whatever else its holder reaches.
    if (holder.tenantId === undefined || holder.reach.kind === 'partner') {
      throw new Failure('forbidden', 'The token is of no tenant’s administrator.')
    }
    return { ...holder, reach: { kind: 'tenant', tenantId: holder.tenantId } }
  },
  error,
  errorSchema: {
    type: 'object',
    required: ['type', 'title', 'status', 'detail', 'instance', 'traceId'],
    properties: {
      type: { type: 'string', format: 'uri' },
      title: { type: 'string' },
      status: { type: 'integer' },
      detail: { type: 'string' },
      instance: { type: 'string' },
      traceId: { type: 'string' },
      errors: { type: 'object', additionalProperties: { type: 'array', items: { type: 'string' } } },
    },
  },
  routes: [
    ...projectRoutes,
    ...projectKeyRoutes,
    ...userRoutes,
    ...organizationRoutes,
    ...webhookRoutes,
    ...auditRoutes,
  ],
}
