// The operations that delete what is of no more use.
import { operation } from '../context.ts'
import { purge, purgeLog } from './purge.service.ts'
import { LogPurge, LogPurged, PurgeRequest, PurgeResult } from './purge.ts'

export const purgeRun = operation({
  name: 'purge.run',
  summary: 'Purge expired rows',
  description:
    'Deletes what is older than its retention, in small steps. Issued tokens and events are kept unless they have a retention, or `before` is given; the log of a tenant then begins at a signed checkpoint, and a verification begins there. Users who were deleted are erased: only their ids are left.',
  permission: 'purges:write',
  reach: 'platform',
  irreversible: { unless: 'dryRun' },
  longRead: true,
  input: PurgeRequest,
  output: PurgeResult,
  errors: ['invalid_request'],
  events: ['event.purged', 'issuance.purged', 'user.erased'],
  run: purge,
})

export const eventPurge = operation({
  name: 'event.purge',
  summary: 'Purge old events of a tenant',
  description:
    'The log of the tenant then begins at a signed checkpoint, where a verification begins. Events and tokens of the last 26 hours stay. A program of a tenant needs `purges:write` by name: `*` does not include it.',
  permission: 'purges:write',
  reach: 'tenant',
  freshSignIn: true,
  irreversible: true,
  longRead: true,
  input: LogPurge,
  output: LogPurged,
  errors: ['invalid_request', 'forbidden'],
  events: ['event.purged', 'issuance.purged'],
  run: purgeLog,
})
