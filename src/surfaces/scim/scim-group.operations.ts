// The operations on groups as SCIM resources (RFC 7644 §3).
import * as z from 'zod'
import { type Context, operation } from '#domain/context.ts'
import { getGroup } from '#domain/group/group.service.ts'
import { type Group, GroupPatch, NewGroup } from '#domain/group/group.ts'
import { changeGroup, createGroupWith } from '#domain/group/group-change.service.ts'
import { directoryOf } from '#domain/user/user.service.ts'
import { idOf, ifVersion } from '#kernel/field.ts'
import { parse } from '#kernel/parse.ts'
import { GROUP } from './attributes.ts'
import { ScimFailure } from './failure.ts'
import { groupResource, patchedGroup, wholeGroup } from './group-resource.ts'
import { GroupBody, ListQuery, ListResponse, listResponse, Place, ResourceOut, siteOf } from './operation-parts.ts'
import { readPatch } from './patch.ts'
import { groupConditions } from './query.ts'
import { type Resource, readResource } from './resource.ts'

/** How many members one answer shows. */
const MEMBERS_SHOWN_MAX = 10_000

const Shown = Place.extend({ withMembers: z.boolean() })
const OfGroup = Shown.extend({ id: idOf('group') })

export const scimGroupList = operation({
  name: 'scim_group.list',
  summary: 'List groups as SCIM resources',
  description:
    'All groups, or those that a filter finds; oldest first, unless the filter is by name or time. A page has fewer groups than count if their members together are more than 10,000; a group that has more by itself is alone on its page, without its members.',
  permission: 'groups:read',
  reach: 'realm',
  input: ListQuery.extend({ withMembers: z.boolean() }),
  output: ListResponse,
  errors: ['not_found'],
  events: [],
  run: async (context, { filter, startIndex, count, withMembers, base }) => {
    const { read, scope } = context
    const directoryId = directoryOf(context)
    const conditions = groupConditions(GROUP, filter)
    const known =
      conditions.length === 0
        ? await read.acrossTenants.counters.total(
            'groups',
            { kind: 'tenant', tenantId: scope.tenantId },
            { place: directoryId },
          )
        : undefined
    const window = { offset: startIndex - 1, limit: count }
    const { data, total } = await read.groups.match(directoryId, conditions, window, known)
    const page = withMembers ? await fitting(context, data) : { groups: data, withMembers }
    return listResponse(await described(context, page.groups, { ...page, base }), total, startIndex)
  },
})

export const scimGroupCreate = operation({
  name: 'scim_group.create',
  summary: 'Create a group from a SCIM resource',
  description: 'With its members, or not at all.',
  permission: 'groups:write',
  reach: 'realm',
  alsoNeeds: [{ permission: 'roles:write', when: 'it adds members to a group that has a role, or lies in one' }],
  input: Shown.extend({ resource: GroupBody }),
  output: ResourceOut,
  errors: ['not_found', 'already_exists', 'circular_nesting', 'conflict'],
  events: ['group.created', 'group.members_added', 'group.nested'],
  run: async (context, { resource, ...shown }) => {
    const { members, ...fields } = wholeGroup(readResource(GROUP, resource))
    return one(context, await createGroupWith(context, parse(NewGroup, fields), members.add), shown)
  },
})

export const scimGroupGet = operation({
  name: 'scim_group.get',
  summary: 'Show a group as a SCIM resource',
  permission: 'groups:read',
  reach: 'realm',
  input: OfGroup,
  output: ResourceOut,
  errors: ['not_found'],
  events: [],
  run: async (context, { id, ...shown }) => one(context, await getGroup(context, id), shown),
})

const CHANGES = [
  'group.updated',
  'group.members_added',
  'group.member_removed',
  'group.nested',
  'group.unnested',
] as const

export const scimGroupReplace = operation({
  name: 'scim_group.replace',
  summary: 'Replace a group by a SCIM resource',
  description: 'Nobody stays in it who is not named.',
  permission: 'groups:write',
  reach: 'realm',
  alsoNeeds: [{ permission: 'roles:write', when: 'it adds members to a group that has a role, or lies in one' }],
  input: OfGroup.extend({ resource: GroupBody, ifVersion }),
  output: ResourceOut,
  errors: ['not_found', 'already_exists', 'precondition_failed', 'circular_nesting', 'conflict'],
  events: CHANGES,
  run: async (context, { id, ifVersion, resource, ...shown }) => {
    const { members, ...fields } = wholeGroup(readResource(GROUP, resource))
    const patch = parse(GroupPatch, { id, ifVersion, ...fields })
    return changed(context, await changeGroup(context, patch, members), shown)
  },
})

export const scimGroupPatch = operation({
  name: 'scim_group.patch',
  summary: 'Change a group by the operations of a SCIM PATCH',
  description: 'All of them are done, or none. Who is a member already stays one; who is none is not missed.',
  permission: 'groups:write',
  reach: 'realm',
  alsoNeeds: [{ permission: 'roles:write', when: 'it adds members to a group that has a role, or lies in one' }],
  input: OfGroup.extend({ patch: GroupBody, ifVersion }),
  output: ResourceOut,
  errors: ['not_found', 'already_exists', 'precondition_failed', 'circular_nesting', 'conflict'],
  events: CHANGES,
  run: async (context, { id, ifVersion, patch, ...shown }) => {
    const { members, ...fields } = patchedGroup(readPatch(patch))
    const change = parse(GroupPatch, { id, ifVersion, ...fields })
    return changed(context, await changeGroup(context, change, members), shown)
  },
})

interface Shown {
  readonly withMembers: boolean
  readonly base: string
}

async function one(context: Context, group: Group, shown: Shown): Promise<Resource> {
  const [resource] = await described(context, [group], shown)
  return resource as Resource
}

// The response to a change has the members only if they are few, so that large groups can be changed.
async function changed(context: Context, group: Group, { withMembers, base }: Shown): Promise<Resource> {
  const isFew = withMembers && (await countMembers(context, [group])) <= MEMBERS_SHOWN_MAX
  return one(context, group, { withMembers: isFew, base })
}

async function countMembers({ read }: Context, groups: readonly Group[]): Promise<number> {
  const children = await read.groups.childCounts(groups.map(({ id }) => id))
  return groups.reduce((sum, { id, memberCount }) => sum + memberCount + (children.get(id) ?? 0), 0)
}

/** The first groups of a page whose members can be shown together; at least one (RFC 7644 §3.4.2.4: fewer than count). */
async function fitting(
  { read }: Context,
  groups: readonly Group[],
): Promise<{ readonly groups: readonly Group[]; readonly withMembers: boolean }> {
  const children = await read.groups.childCounts(groups.map(({ id }) => id))
  const sizes = groups.map(({ id, memberCount }) => memberCount + (children.get(id) ?? 0))
  let sum = 0
  let fits = 0
  while (fits < sizes.length && sum + (sizes[fits] ?? 0) <= MEMBERS_SHOWN_MAX) sum += sizes[fits++] ?? 0
  return { groups: groups.slice(0, Math.max(1, fits)), withMembers: fits > 0 }
}

async function described(
  context: Context,
  groups: readonly Group[],
  { withMembers, base }: Shown,
): Promise<Resource[]> {
  const site = siteOf(context, base)
  if (!withMembers) return groups.map((group) => groupResource(group, undefined, site))
  if ((await countMembers(context, groups)) > MEMBERS_SHOWN_MAX) {
    throw new ScimFailure(
      'tooMany',
      `These are more than ${MEMBERS_SHOWN_MAX} members. Leave them out with excludedAttributes=members, and list those of one group with /Users?filter=groups.value eq "…".`,
    )
  }
  const members = await context.read.groups.directMembers(groups.map(({ id }) => id))
  const byGroup = Map.groupBy(members, ({ groupId }) => groupId)
  return groups.map((group) => groupResource(group, byGroup.get(group.id) ?? [], site))
}
