// SCIM’s endpoints (RFC 7644 §3.2).
import { groupDelete } from '#domain/group/group.operations.ts'
import { userDelete } from '#domain/user/user.operations.ts'
import type { Noun } from '#kernel/id.ts'
import type { Route, WireRequest } from '../surface.ts'
import { GROUP, type ResourceKind, USER } from './attributes.ts'
import { ScimFailure } from './failure.ts'
import { GROUP_BODY_MAX } from './operation-parts.ts'
import { readWindow } from './query.ts'
import { baseOf, idIn, ROOT, selectionOf, versionIn } from './request.ts'
import { isObject, shows } from './resource.ts'
import { asks, type Row, routesAt, row } from './row.ts'
import { scimBulk } from './scim-bulk.operations.ts'
import {
  scimConfig,
  scimResourceType,
  scimResourceTypes,
  scimSchema,
  scimSchemas,
} from './scim-discovery.operations.ts'
import {
  scimGroupCreate,
  scimGroupGet,
  scimGroupList,
  scimGroupPatch,
  scimGroupReplace,
} from './scim-group.operations.ts'
import { scimUserCreate, scimUserGet, scimUserList, scimUserPatch, scimUserReplace } from './scim-user.operations.ts'

const SELECTION = ['attributes', 'excludedAttributes'] as const
const LIST = ['filter', 'startIndex', 'count', ...SELECTION] as const

const users = { kind: USER, parameters: SELECTION } as const
const groups = { kind: GROUP, parameters: SELECTION } as const
// 10,000 members with what clients send along: $ref, type and display.
const writtenGroups = { ...groups, takesBody: true, bodyMax: GROUP_BODY_MAX } as const

const rows: readonly Row[] = [
  row('GET /Users', scimUserList, (request) => listInput(request, request.query, USER), {
    kind: USER,
    parameters: LIST,
  }),
  row('POST /Users/.search', scimUserList, (request) => listInput(request, searchOf(request), USER), {
    kind: USER,
    takesBody: true,
  }),
  row('POST /Users', scimUserCreate, (request) => ({ ...shown(request, USER), resource: request.body }), {
    ...users,
    takesBody: true,
  }),
  row('GET /Users/{id}', scimUserGet, (request) => ({ ...shown(request, USER), ...idOf(request, 'user') }), users),
  row('PUT /Users/{id}', scimUserReplace, (request) => changeInput(request, USER, 'resource'), {
    ...users,
    takesBody: true,
  }),
  row('PATCH /Users/{id}', scimUserPatch, (request) => changeInput(request, USER, 'patch'), {
    ...users,
    takesBody: true,
  }),
  row('DELETE /Users/{id}', userDelete, (request) => ({ ...idOf(request, 'user'), ...ifMatch(request) })),

  row('GET /Groups', scimGroupList, (request) => listInput(request, request.query, GROUP), {
    kind: GROUP,
    parameters: LIST,
  }),
  row('POST /Groups/.search', scimGroupList, (request) => listInput(request, searchOf(request), GROUP), {
    kind: GROUP,
    takesBody: true,
  }),
  row(
    'POST /Groups',
    scimGroupCreate,
    (request) => ({ ...shown(request, GROUP), resource: request.body }),
    writtenGroups,
  ),
  row('GET /Groups/{id}', scimGroupGet, (request) => ({ ...shown(request, GROUP), ...idOf(request, 'group') }), groups),
  row('PUT /Groups/{id}', scimGroupReplace, (request) => changeInput(request, GROUP, 'resource'), writtenGroups),
  // A group can have many members, so they are returned only if they are requested.
  row(
    'PATCH /Groups/{id}',
    scimGroupPatch,
    (request) => {
      const input = changeInput(request, GROUP, 'patch')
      return { ...input, withMembers: input.withMembers === true && asks(selectionOf(request)) }
    },
    { ...writtenGroups, quiet: true },
  ),
  row('DELETE /Groups/{id}', groupDelete, (request) => ({ ...idOf(request, 'group'), ...ifMatch(request) })),

  row('POST /Bulk', scimBulk, (request) => ({ base: baseOf(request), body: request.body }), { takesBody: true }),

  row('GET /ServiceProviderConfig', scimConfig, (request) => ({ base: baseOf(request) })),
  row('GET /ResourceTypes', scimResourceTypes, (request) => ({ base: baseOf(request) })),
  row('GET /ResourceTypes/{id}', scimResourceType, (request) => ({ base: baseOf(request), id: request.params.id })),
  row('GET /Schemas', scimSchemas, (request) => ({ base: baseOf(request) })),
  row('GET /Schemas/{id}', scimSchema, (request) => ({ base: baseOf(request), id: request.params.id })),
]

/** Where the service begins for a realm that the path names. */
export const REALM_ROOT: `/${string}` = `/v1/realms/{issuer_id}${ROOT}`

/** The service of the caller’s realm, and of any realm within reach. */
export const scimRoutes: readonly Route[] = [
  ...routesAt(ROOT, async (_request, places) => places.home(undefined), rows),
  ...routesAt(REALM_ROOT, async ({ params }, places) => places.realm(params.issuer_id), rows),
]

function listInput(request: WireRequest, asked: Readonly<Record<string, unknown>>, kind: ResourceKind): object {
  const { filter } = asked
  if (filter !== undefined && typeof filter !== 'string') {
    throw new ScimFailure('invalidFilter', 'filter: one text is expected.')
  }
  return { ...shown(request, kind), filter: filter || undefined, ...readWindow(asked.startIndex, asked.count) }
}

function searchOf({ body }: WireRequest): Readonly<Record<string, unknown>> {
  if (!isObject(body)) throw new ScimFailure('invalidSyntax', 'The body must be a JSON object.')
  return body
}

// What takes a query of its own is asked for only where somebody wants to see it.
function shown(request: WireRequest, kind: ResourceKind): Record<string, unknown> {
  const selection = selectionOf(request)
  const wide = kind === USER ? { withGroups: shows(selection, 'groups') } : { withMembers: shows(selection, 'members') }
  return { base: baseOf(request), ...wide }
}

function changeInput(request: WireRequest, kind: ResourceKind, name: 'resource' | 'patch'): Record<string, unknown> {
  const noun = kind === USER ? 'user' : 'group'
  return { ...shown(request, kind), ...idOf(request, noun), ...ifMatch(request), [name]: request.body }
}

function idOf({ params }: WireRequest, noun: Noun): { id: string } {
  return { id: idIn(noun, params.id) }
}

function ifMatch({ headers }: WireRequest): { ifVersion?: number } {
  return versionIn(headers['if-match'])
}
