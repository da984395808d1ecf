// The numbers and the latest events within the reach of an administrator (ScaiKey, “Dashboard”).
import * as dashboard from '#domain/dashboard/dashboard.operations.ts'
import { Stats } from '#domain/dashboard/dashboard.ts'
import type { Route } from '../surface.ts'
import { activityRoute } from './audit.routes.ts'
import { ok, representation, rows } from './dialect.ts'
import { acrossTenants } from './scope.ts'

const stats = representation(Stats, {
  names: {
    partners: 'total_partners',
    tenants: 'total_tenants',
    users: 'total_users',
    groups: 'total_groups',
    applications: 'total_applications',
    agents: 'total_agents',
    signIns: 'logins_24h',
    failedSignIns: 'failed_logins_24h',
  },
  codecs: { partners: { schema: Stats.shape.partners, encode: (count: number | null) => count ?? undefined } },
})

export const dashboardRoutes: readonly Route[] = [
  rows({ scope: acrossTenants })('GET /api/v1/admin/dashboard/stats', dashboard.dashboardStats, ok(stats)),
  activityRoute,
]
