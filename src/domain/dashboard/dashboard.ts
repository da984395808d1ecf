// The inputs and views of totals and trends.
import * as z from 'zod'
import { time } from '#kernel/field.ts'

const count = z.number().int()

/** The current numbers of all nouns within reach, and recent activity. */
export const Stats = z.object({
  partners: count.nullable().describe('Only for callers with access to all of them; otherwise null.'),
  tenants: count,
  users: count.describe('Without administrators.'),
  activeUsers: count.describe('Users that are not suspended.'),
  groups: count,
  applications: count.describe('Includes the application that groups the agents of a realm.'),
  agents: count,
  activeSessions: count.describe('Sessions that have not ended or expired; idle sessions count until they expire.'),
  signIns: count.describe('In the current hour and the 23 hours before it.'),
  failedSignIns: count.describe('In the current hour and the 23 hours before it.'),
})
export type Stats = z.output<typeof Stats>

/** The maximum length of a trend, in its units. */
const TREND_MAX = 366

/** The query of a trend. */
export const TrendQuery = z.strictObject({
  by: z.enum(['hour', 'day']).default('day').describe('Hours are stored for a week, days for a year, in UTC.'),
  length: z.coerce
    .number()
    .int()
    .min(1)
    .max(TREND_MAX)
    .default(30)
    .describe('The number of hours or days, including the current one.'),
})
export type TrendQuery = z.output<typeof TrendQuery>

/** The number of successful and failed sign-ins per hour or day; the oldest first. */
export const Trend = z.object({
  by: z.enum(['hour', 'day']),
  data: z.array(z.object({ from: time, signIns: count, failedSignIns: count })),
})
export type Trend = z.output<typeof Trend>

/** Current numbers of one tenant, with what is enabled and what expires soon. */
export const Overview = z.object({
  users: count,
  signUps: count.describe('Users who were created in the last seven days, today included.'),
  secondFactors: count.describe('Users with a second factor.'),
  activeSessions: count,
  agents: count,
  failedSignIns: count.describe('In the current hour and the 23 hours before it.'),
  apiKeys: count.describe('API keys that work, those for the platform among them.'),
  expiringApiKeys: count.describe('Those of them that expire in seven days.'),
  connections: count.describe('Identity providers.'),
  enabledConnections: count,
})
export type Overview = z.output<typeof Overview>

/** How many days of history. */
export const HistoryQuery = z.strictObject({
  days: z.coerce
    .number()
    .int()
    .min(1)
    .max(TREND_MAX)
    .default(30)
    .describe('The number of days, including today (UTC).'),
})
export type HistoryQuery = z.output<typeof HistoryQuery>

/** What happened on each day, the oldest first, without gaps. */
export const History = z.object({
  data: z.array(z.object({ from: time, signUps: count, signIns: count, failedSignIns: count, secondFactors: count })),
})
export type History = z.output<typeof History>
