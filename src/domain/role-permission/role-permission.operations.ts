// The operations on the permissions that roles can have.
import * as z from 'zod'
import { forwardQuery, listOf } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { checkAlsoPermitted } from '../permitted.ts'
import { realmOf } from '../realm/realm.service.ts'
import { RoleView } from '../role/role.ts'
import { UserView } from '../user/user.ts'
import {
  addPermission,
  countUsage,
  createRolePermission,
  deleteRolePermission,
  listRolesWith,
  listUsersWith,
  removePermission,
} from './role-permission.service.ts'
import {
  NewRolePermission,
  RoleAndPermission,
  RolePermissionKey,
  RolePermissionPage,
  RolePermissionView,
  Usage,
  UsageQuery,
} from './role-permission.ts'

export const rolePermissionCreate = operation({
  name: 'role_permission.create',
  summary: 'Make a permission known',
  description: 'Roles can then get it one by one. A permission that a role gets in another way is known, too.',
  permission: 'roles:write',
  reach: 'realm',
  input: NewRolePermission,
  output: RolePermissionView,
  errors: ['not_found', 'already_exists'],
  events: ['role_permission.created'],
  run: createRolePermission,
})

export const rolePermissionList = operation({
  name: 'role_permission.list',
  summary: 'List the permissions of a realm',
  description: 'All that its roles have or had, and those that were made known, in the order of their names.',
  permission: 'roles:read',
  reach: 'realm',
  input: forwardQuery,
  output: listOf(RolePermissionView),
  errors: ['not_found'],
  events: [],
  run: ({ read, scope }, page) => read.rolePermissions.list(realmOf(scope).id, page),
})

export const rolePermissionDelete = operation({
  name: 'role_permission.delete',
  summary: 'Delete a permission',
  description: 'All roles of the realm lose it.',
  permission: 'roles:write',
  reach: 'realm',
  irreversible: true,
  input: RolePermissionKey,
  output: z.void(),
  errors: ['not_found'],
  events: ['role_permission.deleted', 'role.updated'],
  run: deleteRolePermission,
})

export const rolePermissionRoles = operation({
  name: 'role_permission.roles',
  summary: 'List the roles that have a permission',
  description: 'Those that have exactly this one; a wildcard is a permission of its own.',
  permission: 'roles:read',
  reach: 'realm',
  input: RolePermissionPage,
  output: listOf(RoleView),
  errors: ['not_found'],
  events: [],
  run: listRolesWith,
})

export const rolePermissionUsers = operation({
  name: 'role_permission.users',
  summary: 'List the users who have a permission by a role',
  description: 'Alone, by groups or in organizations; exactly this one, without wildcards that cover it.',
  permission: 'roles:read',
  reach: 'realm',
  alsoNeeds: [{ permission: 'users:read', when: 'always: users are shown' }],
  input: RolePermissionPage,
  output: listOf(UserView),
  errors: ['not_found'],
  events: [],
  run: (context, input) => {
    checkAlsoPermitted(context, 'users:read')
    return listUsersWith(context, input)
  },
})

export const rolePermissionUsage = operation({
  name: 'role_permission.usage',
  summary: 'Count the roles and users that have permissions',
  permission: 'roles:read',
  reach: 'realm',
  input: UsageQuery,
  output: Usage,
  errors: ['not_found'],
  events: [],
  run: countUsage,
})

export const roleAddPermission = operation({
  name: 'role.add_permission',
  summary: 'Give a role a permission that the realm knows',
  description: 'A role that has it already stays as it is.',
  permission: 'roles:write',
  reach: 'realm',
  input: RoleAndPermission,
  output: z.void(),
  errors: ['not_found', 'limit_reached'],
  events: ['role.updated'],
  run: addPermission,
})

export const roleRemovePermission = operation({
  name: 'role.remove_permission',
  summary: 'Take a permission from a role',
  description: 'A role that lacks it stays as it is.',
  permission: 'roles:write',
  reach: 'realm',
  input: RoleAndPermission,
  output: z.void(),
  errors: ['not_found'],
  events: ['role.updated'],
  run: removePermission,
})
