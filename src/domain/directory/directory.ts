// The view of a directory.
import * as z from 'zod'
import { idOut, time } from '#kernel/field.ts'

/** A set of users, in which each e-mail address belongs to one user. Realms sign in the users of a directory. */
export interface Directory {
  readonly id: string
  readonly tenantId: string
  readonly name: string
  readonly createdAt: number
}

/** The schema of a directory in admin responses. */
export const DirectoryView = z.object({
  id: idOut('directory'),
  tenantId: idOut('tenant'),
  name: z.string(),
  createdAt: time,
})
export type DirectoryView = z.output<typeof DirectoryView>
