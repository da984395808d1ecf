import * as z from 'zod'
import { operation } from '../context.ts'
import { readStats, readTrend } from './dashboard.service.ts'
import { Stats, Trend, TrendQuery } from './dashboard.ts'

export const dashboardStats = operation({
  name: 'dashboard.stats',
  summary: 'Show how much there is',
  description:
    'Counted as it comes and goes, so that it costs the same however much there is. Realms and tenants that were deleted, and administrators, are left out.',
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
  summary: 'Show how often people signed in, by the hour or the day',
  permission: 'stats:read',
  reach: 'tenant',
  across: true,
  input: TrendQuery,
  output: Trend,
  errors: [],
  events: [],
  run: readTrend,
})
