import * as z from 'zod'
import { dashboardStats } from '#domain/dashboard/dashboard.operations.ts'
import type { Stats } from '#domain/dashboard/dashboard.ts'
import type { Route } from '../surface.ts'
import { activityRoute } from './audit.routes.ts'
import { acrossTenants, row, single } from './row.ts'

const count = z.number().int()

const Counters = z.object({
  total_partners: count.optional().describe('For super_admin only.'),
  total_tenants: count,
  total_users: count,
  active_users: count,
  total_groups: count,
  total_applications: count,
  total_agents: count,
  active_sessions: count,
  logins_24h: count,
  failed_logins_24h: count,
})

function shown(stats: Stats): z.output<typeof Counters> {
  return {
    ...(stats.partners !== null && { total_partners: stats.partners }),
    total_tenants: stats.tenants,
    total_users: stats.users,
    active_users: stats.activeUsers,
    total_groups: stats.groups,
    total_applications: stats.applications,
    total_agents: stats.agents,
    active_sessions: stats.activeSessions,
    logins_24h: stats.signIns,
    failed_logins_24h: stats.failedSignIns,
  }
}

/** What administrators see first: how much there is within their reach, and what happened last (ScaiKey, “Dashboard”). */
export const dashboardRoutes: readonly Route[] = [
  row('GET /api/v1/admin/dashboard/stats', dashboardStats, {
    scope: acrossTenants,
    input: () => ({}),
    reply: (stats: Stats) => single(shown(stats)),
    replySchema: Counters,
  }),
  activityRoute,
]
