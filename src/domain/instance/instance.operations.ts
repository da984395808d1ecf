// The operations on the server process.
import * as z from 'zod'
import { operation, streamOperation } from '../context.ts'
import { followLog, readHealth } from './instance.service.ts'
import { Health, LogLine } from './instance.ts'

export const instanceHealth = operation({
  name: 'instance.health',
  summary: 'Show how the server process is',
  description:
    'Version, database, migrations, keys and mail of the process that answers, and the identity providers of the realm.',
  permission: 'instance:read',
  reach: 'platform',
  input: z.strictObject({}),
  output: Health,
  errors: ['not_found'],
  events: [],
  run: readHealth,
})

export const instanceFollowLog = streamOperation({
  name: 'instance.follow_log',
  summary: 'Follow the log of the server process',
  description:
    'The lines as they are written from now on, of the process that answers. Secrets are redacted in them, as they are where the log is written.',
  permission: 'instance:read',
  reach: 'platform',
  input: z.strictObject({}),
  output: LogLine,
  errors: [],
  events: [],
  follow: ({ process }, _input, signal) => followLog(process.host, signal),
})
