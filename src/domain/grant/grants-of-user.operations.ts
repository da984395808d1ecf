// The operation that lists all that a user allowed: consents, and accounts at providers.
import * as z from 'zod'
import { Failure } from '#kernel/error.ts'
import { idOf } from '#kernel/field.ts'
import { PAGE_LIMIT_MAX } from '#kernel/page.ts'
import { listConnections } from '../connection/connection.service.ts'
import { ConnectionView } from '../connection/connection.ts'
import { operation } from '../context.ts'
import { checkAlsoPermitted } from '../permitted.ts'
import { realmOf } from '../realm/realm.service.ts'
import { GrantView, viewGrant } from './grant.ts'

/** All that a user allowed, also what was revoked. */
export const GrantsOfUser = z.object({ consents: z.array(GrantView), connections: z.array(ConnectionView) })
export type GrantsOfUser = z.output<typeof GrantsOfUser>

export const grantListOfUser = operation({
  name: 'grant.list_of_user',
  summary: 'List all that a user allowed clients, and the accounts that the user connected',
  description: 'The newest first, at most 200 of each, also those that were revoked.',
  permission: 'grants:read',
  alsoNeeds: [{ permission: 'connections:read', when: 'always: the response has connections' }],
  reach: 'realm',
  input: z.strictObject({ userId: idOf('user') }),
  output: GrantsOfUser,
  errors: ['not_found'],
  events: [],
  run: async (context, { userId }): Promise<GrantsOfUser> => {
    checkAlsoPermitted(context, 'connections:read')
    const realm = realmOf(context.scope)
    if (!(await context.read.users.find(realm.directoryId, userId))) throw new Failure('not_found')
    const query = { limit: PAGE_LIMIT_MAX, userId, revoked: true }
    const { data: grants } = await context.read.grants.list(realm.id, query)
    const { data: connections } = await listConnections(context, query)
    return { consents: grants.map(viewGrant), connections }
  },
})
