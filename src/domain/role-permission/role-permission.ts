// The permissions that the roles of a realm can have, as things of their own.
import * as z from 'zod'
import { idOf, time } from '#kernel/field.ts'
import { forwardQuery } from '#kernel/page.ts'
import { grantedPermission } from '../role/role.ts'

const permission = grantedPermission.describe('noun:verb; noun:*, *:verb and * are wildcards.')

/** How many permissions one request asks about. */
const ASKED_MAX = 20

/** A permission that the realm knows. Roles that get another one make it known. */
export const RolePermissionView = z.object({ permission: z.string(), createdAt: time })
export type RolePermissionView = z.output<typeof RolePermissionView>

export const NewRolePermission = z.strictObject({ permission })
export type NewRolePermission = z.output<typeof NewRolePermission>

/** The query of a list of what has a permission. */
export const RolePermissionPage = forwardQuery.extend({ permission: z.string().min(1).max(127) })
export type RolePermissionPage = z.output<typeof RolePermissionPage>

export const RolePermissionKey = z.strictObject({ permission: z.string().min(1).max(127) })
export type RolePermissionKey = z.output<typeof RolePermissionKey>

/** A role, and a permission that it gets or loses. */
export const RoleAndPermission = z.strictObject({ id: idOf('role'), permission: z.string().min(1).max(127) })
export type RoleAndPermission = z.output<typeof RoleAndPermission>

export const UsageQuery = z.strictObject({
  permissions: z
    .preprocess(
      (sent) => (typeof sent === 'string' ? sent.split(',').filter(Boolean) : sent),
      z.array(z.string().max(127)).max(ASKED_MAX),
    )
    .default([])
    .describe(`The permissions, up to ${ASKED_MAX}, separated by commas.`),
})
export type UsageQuery = z.output<typeof UsageQuery>

/** How many roles and users have each of some permissions. */
export const Usage = z.object({
  data: z.array(z.object({ permission: z.string(), roles: z.number().int(), users: z.number().int() })),
})
export type Usage = z.output<typeof Usage>
