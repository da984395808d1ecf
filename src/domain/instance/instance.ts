// The views of the server process: its health and its mode.
import * as z from 'zod'
import { SIGNING_ALGORITHMS } from '../outside.ts'

const count = z.number().int()

/** How the process and what it depends on are, and how the realm of the request is set up. */
export const Health = z.object({
  version: z.string(),
  uptimeSeconds: count,
  database: z.object({
    dialect: z.enum(['sqlite', 'postgres']),
    bytes: count.describe('How large it is.'),
    reachable: z.boolean(),
  }),
  migrations: z.object({
    current: count.describe('How many migrations the database has.'),
    name: z.string().describe('The last one.'),
  }),
  keys: z.object({ algorithm: z.enum(SIGNING_ALGORITHMS), active: count.describe('How many keys sign.') }),
  mail: z.object({
    mode: z.enum(['development', 'production']).describe('development: mails are kept instead of sent.'),
    configured: z.boolean().describe('Whether anything takes mails.'),
    sentToday: count,
    dailyLimit: count.nullable(),
  }),
  socialProviders: z.array(z.string()).describe('The presets of the enabled identity providers that have one.'),
  connections: count.describe('Identity providers without a preset.'),
})
export type Health = z.output<typeof Health>

/** A line of the log: a JSON object. */
export const LogLine = z.record(z.string(), z.unknown())
