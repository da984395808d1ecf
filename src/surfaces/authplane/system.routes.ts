// The rows for totals and for who registers clients.
import * as z from 'zod'
import type { REGISTRATION_MODES } from '#domain/client/registration-policy.ts'
import * as dashboard from '#domain/dashboard/dashboard.operations.ts'
import { Stats } from '#domain/dashboard/dashboard.ts'
import * as realms from '#domain/realm/realm.operations.ts'
import type { RealmView } from '#domain/realm/realm.ts'
import * as system from '#domain/system/system.operations.ts'
import { type SystemConfig, SystemNotice, type SystemStatus } from '#domain/system/system.ts'
import type { Codec } from '../codec.ts'
import type { Route } from '../surface.ts'
import { json, ok, representation, row } from './dialect.ts'

const modes = z.enum([
  'off',
  'open',
  'approved_redirects',
  'admin_only',
] satisfies (typeof REGISTRATION_MODES)[number][])
const mode = json(z.object({ mode: modes }), ({ policy }: RealmView) => ({ mode: policy.registration.mode }))

/** The mode alone, in the place of the whole policy. */
const ofPolicy: Codec = { schema: modes, decode: (sent) => ({ registration: { mode: sent } }) }

const subsystem = z.object({ name: z.string(), status: z.string(), driver: z.string() })
const Status = z.object({
  version: z.string(),
  uptime: z.string(),
  uptime_secs: z.number(),
  subsystems: z.array(subsystem),
})
const status = json(Status, ({ version, uptime, subsystems }: SystemStatus) => ({
  version,
  uptime: `${Math.floor(uptime / 3600)}h${Math.floor(uptime / 60) % 60}m${uptime % 60}s`,
  uptime_secs: uptime,
  subsystems,
}))

const enabled = z.object({ enabled: z.boolean() })
/** What AuthPlane lets an operator switch off is always on here. */
const ON = { enabled: true }
const Config = z.object({
  issuer: z.string(),
  storage: z.object({ driver: z.string() }),
  signing: z.object({ algorithm: z.string(), key_store: z.string() }),
  encryption: z.object({ driver: z.string() }),
  dcr: z.object({ mode: z.string() }),
  rate_limit: enabled,
  client_credentials: enabled,
  dpop: enabled.extend({ require_nonce: z.boolean() }),
  token_exchange: enabled.extend({ max_chain_depth: z.number() }),
  oidc: enabled,
  notices: z.array(SystemNotice),
})
const config = json(Config, (view: SystemConfig) => ({
  issuer: view.issuer,
  storage: { driver: view.database },
  signing: { algorithm: view.algorithm, key_store: view.keyStore },
  encryption: { driver: view.encryption },
  dcr: { mode: view.registration },
  ...{ rate_limit: ON, client_credentials: ON, oidc: ON },
  dpop: { ...ON, require_nonce: view.dpopNonceRequired },
  token_exchange: { ...ON, max_chain_depth: view.delegationDepth },
  notices: view.notices,
}))
const verified = json(z.object({ valid: z.literal(true), version: z.string() }), ({ version }: SystemStatus) => ({
  valid: true as const,
  version,
}))

/** Totals and settings (AuthPlane, “Admin UI”). */
export const systemRoutes: readonly Route[] = [
  row('GET /admin/stats', dashboard.dashboardStats, ok(representation(Stats, { omit: ['partners'] }))),
  row('GET /admin/system/status', system.systemStatus, status),
  row('GET /admin/system/config', system.systemConfig, config),
  row('POST /admin/auth/verify', system.systemStatus, verified),
  row('GET /admin/settings/dcr', realms.realmGet, mode),
  row('PATCH /admin/settings/dcr', realms.realmUpdate, mode, {
    accept: ['policy'],
    names: { policy: 'mode' },
    required: ['policy'],
    codecs: { policy: ofPolicy },
  }),
]
