// The filters of the events of a user.
import * as z from 'zod'
import { idOf } from '#kernel/field.ts'
import { forwardQuery } from '#kernel/page.ts'
import { period } from '#kernel/period.ts'
import { EventExport } from '../event/event.ts'

/** The filters of the events of a user. */
export const UserEventQuery = z.strictObject({
  ...forwardQuery.shape,
  id: idOf('user'),
  side: z
    .enum(['either', 'about', 'by'])
    .default('either')
    .describe('about: what was done to the user; by: what the user did; either: both.'),
  types: EventExport.shape.types,
  result: EventExport.shape.result,
  ...period,
})
export type UserEventQuery = z.output<typeof UserEventQuery>
