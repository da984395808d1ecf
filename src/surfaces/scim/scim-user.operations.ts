// The operations on users as SCIM resources (RFC 7644 §3).
import * as z from 'zod'
import { type Context, operation } from '#domain/context.ts'
import { checkMakesCredential } from '#domain/permitted.ts'
import { changeUser, createUser, directoryOf, getUser, hashOf } from '#domain/user/user.service.ts'
import { NewUser, UserPatch } from '#domain/user/user.ts'
import { USER_CHANGE_EVENTS } from '#domain/user/user-end.service.ts'
import { matchUsers } from '#domain/user/user-match.service.ts'
import { Failure } from '#kernel/error.ts'
import { idOf, ifVersion } from '#kernel/field.ts'
import { parse } from '#kernel/parse.ts'
import { permits } from '#kernel/permission.ts'
import { USER } from './attributes.ts'
import { Body, ListQuery, ListResponse, listResponse, Place, ResourceOut, siteOf } from './operation-parts.ts'
import { patched, readPatch } from './patch.ts'
import { userConditions } from './query.ts'
import { type Resource, readResource, sameJson } from './resource.ts'
import { type DescribedUser, hasOwnEmails, userFields, userResource, writableUser } from './user-resource.ts'

const Shown = Place.extend({ withGroups: z.boolean() })
const OfUser = Shown.extend({ id: idOf('user') })

const CREDENTIAL_CHANGES = {
  permission: 'credentials:write',
  when: 'a program changes the password or the address',
} as const

export const scimUserList = operation({
  name: 'scim_user.list',
  summary: 'List users as SCIM resources',
  description: 'All, or those that a filter finds; oldest first, unless the filter is by name or time.',
  permission: 'users:read',
  reach: 'realm',
  input: ListQuery.extend({ withGroups: z.boolean() }),
  output: ListResponse,
  errors: ['not_found'],
  events: [],
  run: async (context, { filter, startIndex, count, withGroups, base }) => {
    const conditions = userConditions(USER, filter)
    // A filter must not reveal the members of groups either.
    if (conditions.some(({ of }) => of === 'group') && !permits(context.actor.permissions, 'groups:read')) {
      throw new Failure('forbidden', 'A filter by groups needs the permission groups:read.')
    }
    const { data, total } = await matchUsers(context, conditions, { offset: startIndex - 1, limit: count })
    return listResponse(await described(context, data, { withGroups, base }), total, startIndex)
  },
})

export const scimUserCreate = operation({
  name: 'scim_user.create',
  summary: 'Create a user from a SCIM resource',
  description: 'Whoever provisions vouches for the address, so it counts as verified.',
  permission: 'users:write',
  reach: 'realm',
  input: Shown.extend({ resource: Body }),
  output: ResourceOut,
  errors: ['not_found', 'already_exists', 'limit_reached'],
  events: ['user.created'],
  run: async (context, { resource, ...shown }) => {
    const read = readResource(USER, resource)
    const input = parse(NewUser, { ...userFields(read), emailVerified: true, password: read.password })
    return one(context, await createUser(context, input, 'fields'), shown)
  },
})

export const scimUserGet = operation({
  name: 'scim_user.get',
  summary: 'Show a user as a SCIM resource',
  permission: 'users:read',
  reach: 'realm',
  input: OfUser,
  output: ResourceOut,
  errors: ['not_found'],
  events: [],
  run: async (context, { id, ...shown }) => one(context, await getUser(context, { id }), shown),
})

export const scimUserReplace = operation({
  name: 'scim_user.replace',
  summary: 'Replace a user by a SCIM resource',
  description: 'What is left out is cleared, but for active and the password, which stay.',
  permission: 'users:write',
  reach: 'realm',
  alsoNeeds: [CREDENTIAL_CHANGES],
  input: OfUser.extend({ resource: Body, ifVersion }),
  output: ResourceOut,
  errors: ['not_found', 'forbidden', 'insufficient_user_authentication', 'already_exists', 'precondition_failed'],
  events: [...USER_CHANGE_EVENTS, 'user.password_set'],
  run: async (context, { id, ifVersion, resource, ...shown }) => {
    const read = readResource(USER, resource)
    return one(context, await changeBy(context, { id, ifVersion }, () => read), shown)
  },
})

export const scimUserPatch = operation({
  name: 'scim_user.patch',
  summary: 'Change a user by the operations of a SCIM PATCH',
  description: 'All of them are done, or none. A user who would be as before keeps the version.',
  permission: 'users:write',
  reach: 'realm',
  alsoNeeds: [CREDENTIAL_CHANGES],
  input: OfUser.extend({ patch: Body, ifVersion }),
  output: ResourceOut,
  errors: ['not_found', 'forbidden', 'insufficient_user_authentication', 'already_exists', 'precondition_failed'],
  events: [...USER_CHANGE_EVENTS, 'user.password_set'],
  run: async (context, { id, ifVersion, patch, ...shown }) => {
    const operations = readPatch(patch)
    const user = await changeBy(context, { id, ifVersion }, (before) => {
      const written = writableUser(before)
      const { emails, ...rest } = patched(USER, written, operations)
      // An address that was never sent follows the user name.
      return hasOwnEmails(before) || !sameJson(emails, written.emails) ? { emails, ...rest } : rest
    })
    return one(context, user, shown)
  },
})

/** Changes a user to what a resource says, in one write; the password is hashed before it. */
async function changeBy(
  context: Context,
  { id, ifVersion }: { readonly id: string; readonly ifVersion?: number | undefined },
  wanted: (before: DescribedUser) => Resource,
): Promise<DescribedUser> {
  const seen = await getUser(context, { id })
  const { password } = wanted(seen)
  if (typeof password === 'string') checkMakesCredential(context)
  const passwordHash = typeof password === 'string' ? await hashOf(context, password, seen.email) : undefined
  return changeUser(context, { id, ifVersion }, (before) => {
    const { id: _, ...fields } = parse(UserPatch, { id, ...userFields(wanted(before), before) })
    const changes = Object.entries(fields).filter(
      ([name, value]) => !sameJson(before[name as keyof typeof before], value),
    )
    const patch: Omit<UserPatch, 'id'> = Object.fromEntries(changes)
    if (patch.email !== undefined) patch.emailVerified = true
    return changes.length > 0 || passwordHash !== undefined ? { patch, passwordHash } : undefined
  })
}

interface Shown {
  readonly withGroups: boolean
  readonly base: string
}

async function one(context: Context, user: DescribedUser, shown: Shown): Promise<Resource> {
  const [resource] = await described(context, [user], shown)
  return resource as Resource
}

async function described(
  context: Context,
  users: readonly DescribedUser[],
  { withGroups, base }: Shown,
): Promise<Resource[]> {
  const site = siteOf(context, base)
  const maySee = withGroups && permits(context.actor.permissions, 'groups:read')
  const memberships = maySee
    ? await context.read.groups.ofUsers(
        directoryOf(context),
        users.map(({ id }) => id),
      )
    : []
  const byUser = Map.groupBy(memberships, ({ userId }) => userId)
  return users.map((user) => userResource(user, byUser.get(user.id), site))
}
