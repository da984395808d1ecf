// The operations on roles and their assignments.
import * as z from 'zod'
import { idOf } from '#kernel/field.ts'
import { listOf } from '#kernel/page.ts'
import { operation } from '../context.ts'
import {
  assignRole,
  checkAuthorization,
  createRole,
  deleteRole,
  getRole,
  listAssignments,
  listPermissionsOf,
  listRoles,
  listRolesOf,
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
  RoleQuery,
  RoleSubject,
  RolesOfUser,
  RoleView,
  Verdict,
} from './role.ts'

const RoleId = z.strictObject({ id: idOf('role') })

export const roleCreate = operation({
  name: 'role.create',
  summary: 'Create a role',
  description:
    'A role is a named set of permissions of your applications. A role of an organization can be assigned only to its members, there.',
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
  summary: 'List the roles of a realm or an organization',
  permission: 'roles:read',
  reach: 'realm',
  input: RoleQuery,
  output: listOf(RoleView),
  errors: ['not_found'],
  events: [],
  run: listRoles,
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
  description:
    'Only the given members change; the permissions are replaced as a whole. The change applies immediately to all assignments.',
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
  description:
    'Its assignments end, and its name can be used again. A role that the steps of a flow or the group mapping of an identity provider name is not deleted.',
  permission: 'roles:write',
  reach: 'realm',
  irreversible: true,
  input: RoleId,
  output: z.void(),
  errors: ['not_found', 'conflict'],
  events: ['role.deleted'],
  run: deleteRole,
})

export const roleAssign = operation({
  name: 'role.assign',
  summary: 'Assign a role',
  description:
    'To a user, to all members of a group, or to a user as a member of an organization. A role of an organization can be assigned only to its members, there. Assigning it again changes nothing.',
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
  summary: 'Unassign a role',
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
  summary: 'List the assignments of a role',
  permission: 'roles:read',
  reach: 'realm',
  input: RolePage,
  output: listOf(AssignmentView),
  errors: ['not_found'],
  events: [],
  run: listAssignments,
})

export const userRoles = operation({
  name: 'user.roles',
  summary: 'List the roles of a user',
  description: 'Those of the user and of the user’s groups, oldest first; not those in organizations.',
  permission: 'roles:read',
  reach: 'realm',
  input: RolesOfUser,
  output: listOf(RoleView),
  errors: ['not_found'],
  events: [],
  run: listRolesOf,
})

export const userPermissions = operation({
  name: 'user.permissions',
  summary: 'Show the permissions of a user',
  description:
    'From roles of the user and of the user’s groups, and from the membership in an organization, if one is given.',
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
  summary: 'Check whether a user has a permission',
  description: 'The response contains the source of the permission. A suspended user has no permissions.',
  permission: 'roles:read',
  reach: 'realm',
  fastPath: true,
  input: Question,
  output: Verdict,
  errors: ['not_found'],
  events: [],
  run: checkAuthorization,
})
