import * as z from 'zod'
import { idOut, time } from '#kernel/field.ts'

/** A universe of users, in which an e-mail address is one person’s. Realms sign the users of a directory in. */
export interface Directory {
  readonly id: string
  readonly tenantId: string
  readonly name: string
  readonly createdAt: number
}

/** A directory as admin surfaces show it. */
export const DirectoryView = z.object({
  id: idOut('directory'),
  tenantId: idOut('tenant'),
  name: z.string(),
  createdAt: time,
})
export type DirectoryView = z.output<typeof DirectoryView>
