// The operation that lists the permissions of the admin API.
import * as z from 'zod'
import { PERMISSIONS } from '#kernel/permission.ts'
import { operation } from '../context.ts'

const PermissionView = z.object({ name: z.string(), description: z.string() })

export const permissionList = operation({
  name: 'permission.list',
  summary: 'List permissions',
  description:
    'The permissions that a key can have. In addition, nouns:* is all permissions of a noun, *:read and *:write are one verb for all nouns, and * is all permissions.',
  permission: 'permissions:read',
  reach: 'realm',
  input: z.strictObject({}),
  output: z.object({ data: z.array(PermissionView), nextCursor: z.null() }),
  errors: [],
  events: [],
  run: async () => ({
    data: Object.entries(PERMISSIONS).map(([name, description]) => ({ name, description })),
    nextCursor: null,
  }),
})
