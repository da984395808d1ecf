// The operations that return totals and trends.
import * as z from 'zod'
import { operation } from '../context.ts'
import { readHistory, readOverview, readStats, readTrend } from './dashboard.service.ts'
import { History, HistoryQuery, Overview, Stats, Trend, TrendQuery } from './dashboard.ts'

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

export const dashboardOverview = operation({
  name: 'dashboard.overview',
  summary: 'Show the numbers of a tenant, with second factors, API keys and identity providers',
  permission: 'stats:read',
  reach: 'tenant',
  input: z.strictObject({}),
  output: Overview,
  errors: [],
  events: [],
  run: (context) => readOverview(context),
})

export const dashboardHistory = operation({
  name: 'dashboard.history',
  summary: 'Show what happened in a tenant by day',
  description:
    'New users, sign-ins, failed sign-ins and new authenticators. They are counted since the version that shows them.',
  permission: 'stats:read',
  reach: 'tenant',
  input: HistoryQuery,
  output: History,
  errors: [],
  events: [],
  run: readHistory,
})
