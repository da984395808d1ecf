// The type of an application with its client, and the filters of their list.
import * as z from 'zod'
import { label } from '#kernel/field.ts'
import { listQuery } from '#kernel/page.ts'
import type { Client } from '../client/client.ts'
import { TENANT_FILTER } from '../tenant/tenant-filter.ts'
import { APPLICATION_LEVELS, APPLICATION_TYPES, type Application } from './application.ts'

/** An application and its client; null if it was created without a client and still has none. */
export interface ApplicationWithClient {
  readonly application: Application
  readonly client: Client | undefined
}

/** The filters of a list of the applications that the caller can use. */
export const OfferedQuery = listQuery('created_at').extend({
  ...TENANT_FILTER,
  level: z.enum(APPLICATION_LEVELS).optional(),
  type: z.enum(APPLICATION_TYPES).optional(),
  search: label(200).optional().describe('What the name or the client id starts with, whatever its case.'),
})
export type OfferedQuery = z.output<typeof OfferedQuery>
