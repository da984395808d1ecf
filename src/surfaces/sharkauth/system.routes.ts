// The rows for the server itself: health, figures, keys, tokens and the log.
import * as z from 'zod'
import * as dashboard from '#domain/dashboard/dashboard.operations.ts'
import type { History, Overview } from '#domain/dashboard/dashboard.ts'
import * as instance from '#domain/instance/instance.operations.ts'
import type { Health } from '#domain/instance/instance.ts'
import * as issuances from '#domain/issuance/issuance.operations.ts'
import * as keys from '#domain/signing-key/signing-key.operations.ts'
import type { Rotation } from '#domain/signing-key/signing-key.ts'
import { Content } from '../content.ts'
import type { Reply } from '../reply.ts'
import type { Route } from '../surface.ts'
import { json, message, row } from './dialect.ts'

const count = z.number().int()
const text = z.string()

const health = json(
  z.object({
    ...{ status: z.literal('ok'), version: text, uptime_seconds: count },
    db: z.object({ driver: text, size_mb: z.number(), status: z.enum(['ok', 'error']) }),
    migrations: z.object({ current: count, name: text }),
    jwt: z.object({ mode: z.literal('asymmetric'), algorithm: text, active_keys: count }),
    smtp: z.object({ tier: text, configured: z.boolean(), sent_today: count, daily_limit: count.nullable() }),
    ...{ oauth_providers: z.array(text), sso_connections: count },
  }),
  ({ version, uptimeSeconds, database, migrations, keys: jwt, mail, socialProviders, connections }: Health) => ({
    ...{ status: 'ok' as const, version, uptime_seconds: uptimeSeconds },
    db: {
      driver: database.dialect === 'sqlite' ? 'sqlite3' : 'postgres',
      size_mb: Math.round(database.bytes / 10_485.76) / 100,
      status: database.reachable ? ('ok' as const) : ('error' as const),
    },
    // `0042-proxy-rules` is the number 42.
    migrations: { current: Number.parseInt(migrations.name, 10) || 0, name: migrations.name.replace(/^\d+-/, '') },
    jwt: { mode: 'asymmetric' as const, algorithm: jwt.algorithm, active_keys: jwt.active },
    smtp: {
      tier: mail.configured && mail.mode === 'production' ? 'production' : 'dev',
      ...{ configured: mail.configured, sent_today: mail.sentToday, daily_limit: mail.dailyLimit },
    },
    ...{ oauth_providers: socialProviders, sso_connections: connections },
  }),
)

const stats = json(
  z.object({
    users: z.object({ total: count, created_last_7d: count }),
    ...{ sessions: z.object({ active: count }), agents: z.object({ total: count }) },
    mfa: z.object({ total: count, enabled: count, adoption_pct: z.number() }),
    failed_logins_24h: count,
    api_keys: z.object({ active: count, expiring_7d: count }),
    sso_connections: z.object({ total: count, enabled: count }),
  }),
  (found: Overview) => ({
    users: { total: found.users, created_last_7d: found.signUps },
    ...{ sessions: { active: found.activeSessions }, agents: { total: found.agents } },
    mfa: {
      ...{ total: found.users, enabled: found.secondFactors },
      adoption_pct: found.users === 0 ? 0 : Math.round((found.secondFactors / found.users) * 1000) / 10,
    },
    failed_logins_24h: found.failedSignIns,
    api_keys: { active: found.apiKeys, expiring_7d: found.expiringApiKeys },
    sso_connections: { total: found.connections, enabled: found.enabledConnections },
  }),
)

const Series = z.array(z.object({ date: text, count }))
const trends = json(
  z.object({
    days: count,
    ...{ signups_by_day: Series, sessions_by_day: Series, failed_by_day: Series, mfa_by_day: Series },
  }),
  ({ data }: History) => {
    const by = (name: 'signUps' | 'signIns' | 'failedSignIns' | 'secondFactors') =>
      data.map(({ from, [name]: found }) => ({ date: new Date(from).toISOString().slice(0, 10), count: found }))
    return {
      ...{ days: data.length, signups_by_day: by('signUps'), sessions_by_day: by('signIns') },
      ...{ failed_by_day: by('failedSignIns'), mfa_by_day: by('secondFactors') },
    }
  },
)

const rotated = json(
  z.object({ rotated: z.literal(true), kid: text, algorithm: text, new_kid: text, retired_kid: text.optional() }),
  ({ active, previous }: Rotation) => ({
    ...{ rotated: true as const, kid: active.kid, algorithm: active.algorithm, new_kid: active.kid },
    retired_kid: previous?.kid,
  }),
)

/** Lines as server-sent events; the first one says that the stream is open. */
const stream: Reply<AsyncIterable<unknown>> = {
  status: 200,
  type: 'text/event-stream',
  send: (lines) => ({
    body: new Content('text/event-stream', frames(lines)),
    headers: { 'x-accel-buffering': 'no' },
  }),
}

async function* frames(lines: AsyncIterable<unknown>): AsyncGenerator<string> {
  yield 'data: {"event":"connected"}\n\n'
  for await (const line of lines) yield `data: ${JSON.stringify(line)}\n\n`
}

const ADMIN = '/api/v1/admin'

/** The server (SharkAuth, “Health & System”, “Admin Logs”). */
export const systemRoutes: readonly Route[] = [
  row(`GET ${ADMIN}/health`, instance.instanceHealth, health),
  row(`GET ${ADMIN}/stats`, dashboard.dashboardOverview, stats),
  row(`GET ${ADMIN}/stats/trends`, dashboard.dashboardHistory, trends, { pick: ['days'] }),
  row(`POST ${ADMIN}/auth/rotate-signing-key`, keys.keyRotate, rotated, { pick: [], fixed: { immediate: true } }),
  row(`POST ${ADMIN}/auth/revoke-jti`, issuances.issuanceRevoke, message('Token revoked'), {
    ...{
      pick: ['id'],
      names: { id: 'jti' },
      checked: { expires_at: text.max(40).optional(), reason: text.max(500).optional() },
    },
  }),
  row(`GET ${ADMIN}/logs/stream`, instance.instanceFollowLog, stream, {
    // The admin key of who cannot send a header.
    scopeParameters: [{ name: 'token' }],
  }),
]
