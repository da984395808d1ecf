// The operation that deletes what is of no more use.
import { operation } from '../context.ts'
import { purge } from './purge.service.ts'
import { PurgeRequest, PurgeResult } from './purge.ts'

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
