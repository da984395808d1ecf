// The views of the server that a realm is on: whether its parts work, and how it is configured.
import * as z from 'zod'
import { REGISTRATION_MODES } from '../client/registration-policy.ts'

const count = z.number().int()

/** Whether the parts of the server work. */
export const SystemStatus = z.object({
  version: z.string(),
  uptime: count.describe('Seconds since this process started.'),
  subsystems: z.array(
    z.object({
      name: z.enum(['storage', 'signing', 'encryption']),
      status: z.enum(['healthy', 'unhealthy']),
      driver: z.string().describe('What it is made with.'),
    }),
  ),
})
export type SystemStatus = z.output<typeof SystemStatus>

/** What an operator should look at. */
export const SystemNotice = z.object({
  id: z.string(),
  severity: z.enum(['info', 'warning']),
  title: z.string(),
  body: z.string(),
})
export type SystemNotice = z.output<typeof SystemNotice>

/** How the server and a realm are configured, without secrets. */
export const SystemConfig = z.object({
  issuer: z.string(),
  database: z.string(),
  algorithm: z.string().describe('The signature algorithm of the tokens of the realm.'),
  keyStore: z.string(),
  encryption: z.string(),
  registration: z.enum(REGISTRATION_MODES),
  dpopNonceRequired: z.boolean(),
  delegationDepth: count,
  sendsMail: z.boolean(),
  notices: z.array(SystemNotice),
})
export type SystemConfig = z.output<typeof SystemConfig>
