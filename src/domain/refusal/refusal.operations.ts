// The operations on refusals.
import { listOf } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { RefusalQuery, RefusalView, viewRefusals } from './refusal.ts'

export const refusalList = operation({
  name: 'refusal.list',
  summary: 'List why clients were refused',
  description:
    'Newest first: requests that got invalid_client or invalid_grant, counted by minute, client, reason and network, with what to do. The caller of such a request learns only the error. A refusal is in the list after about two seconds, and is kept for three days. A process writes at most 200 rows a minute; what is beyond is counted together, as the reason other.',
  permission: 'events:read',
  reach: 'realm',
  input: RefusalQuery,
  output: listOf(RefusalView),
  errors: ['not_found'],
  events: [],
  run: async ({ read, scope }, query) => {
    const { data, nextCursor } = await read.refusals.list(realmOf(scope).id, query)
    return { data: data.map(viewRefusals), nextCursor }
  },
})
