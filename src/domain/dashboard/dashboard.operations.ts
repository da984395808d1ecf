// The operations that return totals and trends.
import * as z from 'zod'
import { operation } from '../context.ts'
import { readStats, readTrend } from './dashboard.service.ts'
import { Stats, Trend, TrendQuery } from './dashboard.ts'

export const dashboardStats = operation({
  name: 'dashboard.stats',
  summary: 'Show the number of objects of each kind',
  description:
    'The counts are updated with each change, so that reading them is fast for any amount of data. Deleted realms and tenants, and administrators, are not counted.',
  permission: 'stats:read',
  reach: 'tenant',
  across: true,
  input: z.strictObject({}),
  output: Stats,
  errors: [],
  events: [],
  run: (context) => readStats(context),
})

export const dashboardTrend = operation({
  name: 'dashboard.trend',
  summary: 'Show the number of sign-ins by hour or day',
  permission: 'stats:read',
  reach: 'tenant',
  across: true,
  input: TrendQuery,
  output: Trend,
  errors: [],
  events: [],
  run: readTrend,
})
