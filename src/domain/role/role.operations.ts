import * as z from 'zod'
import { idOf } from '#kernel/field.ts'
import { PageQuery, pageOf } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import {
  assignRole,
  checkAuthorization,
  createRole,
  deleteRole,
  getRole,
  listAssignments,
  listPermissionsOf,
  unassignRole,
  updateRole,
} from './role.service.ts'
import {
  AssignmentView,
  NewRole,
  PermissionsQuery,
  PermissionsView,
  Question,
  RolePage,
  RolePatch,
  RoleSubject,
  RoleView,
  Verdict,
  viewRole,
} from './role.ts'

const RoleId = z.strictObject({ id: idOf('role') })

export const roleCreate = operation({
  name: 'role.create',
  summary: 'Create a role',
  description: 'A role is a name for what users of your applications may do, in the words of your applications.',
  permission: 'roles:write',
  reach: 'realm',
  input: NewRole,
  output: RoleView,
  errors: ['not_found', 'already_exists'],
  events: ['role.created'],
  run: createRole,
})

export const roleList = operation({
  name: 'role.list',
  summary: 'List a realm’s roles',
  permission: 'roles:read',
  reach: 'realm',
  input: PageQuery,
  output: pageOf(RoleView),
  errors: ['not_found'],
  events: [],
  run: async ({ read, scope }, page) => {
    const { data, nextCursor } = await read.roles.list(realmOf(scope).id, page)
    return { data: data.map(viewRole), nextCursor }
  },
})

export const roleGet = operation({
  name: 'role.get',
  summary: 'Show a role',
  permission: 'roles:read',
  reach: 'realm',
  input: RoleId,
  output: RoleView,
  errors: ['not_found'],
  events: [],
  run: (context, { id }) => getRole(context, id),
})

export const roleUpdate = operation({
  name: 'role.update',
  summary: 'Change a role',
  description: 'Only what is given changes; the permissions are replaced whole. It holds at once for all who have it.',
  permission: 'roles:write',
  reach: 'realm',
  input: RolePatch,
  output: RoleView,
  errors: ['not_found', 'already_exists', 'precondition_failed'],
  events: ['role.updated'],
  run: updateRole,
})

export const roleDelete = operation({
  name: 'role.delete',
  summary: 'Delete a role',
  description: 'Nobody has it any more; its name is free again.',
  permission: 'roles:write',
  reach: 'realm',
  input: RoleId,
  output: z.void(),
  errors: ['not_found'],
  events: ['role.deleted'],
  run: deleteRole,
})

export const roleAssign = operation({
  name: 'role.assign',
  summary: 'Give a role to somebody',
  description:
    'To a user, to everybody who belongs to a group, or to a user as a member of an organization. Who has it already keeps it.',
  permission: 'roles:write',
  reach: 'realm',
  input: RoleSubject,
  output: z.void(),
  errors: ['not_found'],
  events: ['role.assigned'],
  run: assignRole,
})

export const roleUnassign = operation({
  name: 'role.unassign',
  summary: 'Take a role from somebody',
  permission: 'roles:write',
  reach: 'realm',
  input: RoleSubject,
  output: z.void(),
  errors: ['not_found'],
  events: ['role.unassigned'],
  run: unassignRole,
})

export const roleAssignments = operation({
  name: 'role.assignments',
  summary: 'List who has a role',
  permission: 'roles:read',
  reach: 'realm',
  input: RolePage,
  output: pageOf(AssignmentView),
  errors: ['not_found'],
  events: [],
  run: listAssignments,
})

export const userPermissions = operation({
  name: 'user.permissions',
  summary: 'Show what a user may do',
  description:
    'By roles of the user and of the user’s groups, and by what the user has in an organization, if one is given.',
  permission: 'roles:read',
  reach: 'realm',
  input: PermissionsQuery,
  output: PermissionsView,
  errors: ['not_found'],
  events: [],
  run: listPermissionsOf,
})

export const authorizationCheck = operation({
  name: 'authorization.check',
  summary: 'Ask whether a user may do something',
  description: 'Answers with what the permission comes from. A suspended user may do nothing.',
  permission: 'roles:read',
  reach: 'realm',
  direct: true,
  input: Question,
  output: Verdict,
  errors: ['not_found'],
  events: [],
  run: checkAuthorization,
})
