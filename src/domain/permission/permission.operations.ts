import * as z from 'zod'
import { PERMISSIONS } from '#kernel/permission.ts'
import { operation } from '../context.ts'

const PermissionView = z.object({ name: z.string(), description: z.string() })

export const permissionList = operation({
  name: 'permission.list',
  summary: 'List permissions',
  description:
    'What a key may be allowed. Besides these, nouns:* stands for all of a noun, *:read and *:write for one verb of all, and * for everything.',
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
