import * as z from 'zod'
import { time } from '#kernel/field.ts'

const count = z.number().int()

/** How much there is of everything within reach, and what happened lately. */
export const Stats = z.object({
  partners: count.nullable().describe('For who reaches all of them; null for everybody else.'),
  tenants: count,
  users: count.describe('Who are not administrators.'),
  activeUsers: count.describe('Those of them who are not suspended.'),
  groups: count,
  applications: count.describe('With the one that a realm’s agents are grouped by.'),
  agents: count,
  activeSessions: count.describe(
    'Neither ended nor expired; those that are left idle for too long count until they expire.',
  ),
  signIns: count.describe('In this hour and the 23 before it.'),
  failedSignIns: count.describe('In this hour and the 23 before it.'),
})
export type Stats = z.output<typeof Stats>

/** The longest trends, in their units. */
const TREND_MAX = 366

/** Which trend to show. */
export const TrendQuery = z.strictObject({
  by: z.enum(['hour', 'day']).default('day').describe('Hours are kept for a week, days for a year; they are UTC’s.'),
  length: z.coerce.number().int().min(1).max(TREND_MAX).default(30).describe('How many of them, this one among them.'),
})
export type TrendQuery = z.output<typeof TrendQuery>

/** How often people signed in, and failed to, in each of several hours or days; the oldest first. */
export const Trend = z.object({
  by: z.enum(['hour', 'day']),
  data: z.array(z.object({ from: time, signIns: count, failedSignIns: count })),
})
export type Trend = z.output<typeof Trend>
