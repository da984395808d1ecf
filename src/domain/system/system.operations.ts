// The operations that show the server that a realm is on.
import * as z from 'zod'
import { operation } from '../context.ts'
import { readConfig, readStatus } from './system.service.ts'
import { SystemConfig, SystemStatus } from './system.ts'

export const systemStatus = operation({
  name: 'system.status',
  summary: 'Show whether the parts of the server work',
  permission: 'system:read',
  reach: 'realm',
  input: z.strictObject({}),
  output: SystemStatus,
  errors: ['not_found'],
  events: [],
  run: readStatus,
})

export const systemConfig = operation({
  name: 'system.config',
  summary: 'Show how the server and a realm are configured',
  description: 'Without secrets, and with what an operator should look at.',
  permission: 'system:read',
  reach: 'realm',
  input: z.strictObject({}),
  output: SystemConfig,
  errors: ['not_found'],
  events: [],
  run: async (context) => readConfig(context),
})
