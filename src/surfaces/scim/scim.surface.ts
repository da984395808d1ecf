// The SCIM surface: its routes, credentials and errors.
import type { Failure } from '#kernel/error.ts'
import { bearerOf, challengeOf } from '../bearer.ts'
import { ADMINISTRATORS, KEYS } from '../callers.ts'
import type { FailureContext, Surface, WireReply } from '../surface.ts'
import { errorBody } from './failure.ts'
import { ROOT } from './request.ts'
import { REALM_ROOT, scimRoutes } from './scim.routes.ts'

const CONTENT_TYPE = 'application/scim+json; charset=utf-8'
const ME = /\/scim\/v2\/Me(\/|$)/

function error(failure: Failure, { path }: FailureContext): WireReply {
  const { code, status, detail } = failure
  const body = errorBody(failure)
  const headers = {
    'content-type': CONTENT_TYPE,
    ...(status === 401 && { 'www-authenticate': challengeOf(failure, 'Bearer realm="countersign"') }),
    ...(detail.retryAfter !== undefined && { 'retry-after': String(Math.ceil(detail.retryAfter)) }),
  }
  // Whoever provisions is no user (RFC 7644 §3.11).
  if (code === 'not_found' && ME.test(path)) {
    return {
      status: 501,
      headers,
      body: { ...body, status: '501', detail: 'There is no /Me: whoever calls is no user.' },
    }
  }
  return { status, headers, body }
}

/** Users and groups as identity providers provision them (RFC 7643, RFC 7644). */
export const scim: Surface = {
  name: 'scim',
  title: 'SCIM 2.0',
  description:
    'Send an API key as a bearer token. Everything is about the realm of the key: of a tenant’s key, the realm that the tenant came with. What is at /scim/v2 is at /v1/realms/{issuer_id}/scim/v2 for each realm within reach. Bodies are application/scim+json; application/json is read too.',
  callers: [...KEYS, ...Object.values(ADMINISTRATORS)],
  prefix: ROOT,
  furtherPrefixes: [REALM_ROOT],
  outOfReach: 'not_found',
  authenticate: async (request, authenticators) => {
    const { token, isJwt } = bearerOf(request, 'Send an API key or an access token: Authorization: Bearer …')
    return isJwt ? authenticators.adminToken(token) : authenticators.apiKey(token)
  },
  error,
  errorSchema: {
    type: 'object',
    required: ['schemas', 'status', 'detail'],
    properties: {
      schemas: { type: 'array', items: { type: 'string' } },
      status: { type: 'string' },
      scimType: { type: 'string' },
      detail: { type: 'string' },
    },
  },
  routes: scimRoutes,
}
