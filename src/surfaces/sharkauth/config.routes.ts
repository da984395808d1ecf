// The rows for what can be configured while the server runs: the settings of the realm, and the mode of the server.
import * as z from 'zod'
import { instanceHealth } from '#domain/instance/instance.operations.ts'
import type { Health } from '#domain/instance/instance.ts'
import { realmGet, realmUpdate } from '#domain/realm/realm.operations.ts'
import type { RealmView } from '#domain/realm/realm.ts'
import type { Route, WireRequest } from '../surface.ts'
import { json, row } from './dialect.ts'

const UNITS = { d: 86_400, h: 3600, m: 60, s: 1 } as const

/** Seconds as the product writes them: `30d`, `12h`, `15m`, `90s`. */
function durationOf(seconds: number): string {
  const [unit, length] = Object.entries(UNITS).find(([, length]) => seconds % length === 0) ?? ['s', 1]
  return `${seconds / length}${unit}`
}
const duration = z
  .string()
  .regex(/^[1-9]\d{0,8}[dhms]$/, 'must be a number with d, h, m or s, such as 12h')
  .transform((text) => Number.parseInt(text, 10) * UNITS[text.slice(-1) as keyof typeof UNITS])

const elsewhere = (message: string) => z.never({ error: message }).optional()
const ATSTART = elsewhere('is read when the server starts: change its setting and restart it')
/** What can be changed, and of what cannot where it is set. */
const groups = {
  auth: z.strictObject({ session_lifetime: duration, password_min_length: z.number() }).partial().optional(),
  passkeys: z.strictObject({ enabled: z.boolean() }).partial().optional(),
  magic_link: z.strictObject({ enabled: z.boolean() }).partial().optional(),
  jwt: z.strictObject({ lifetime: duration }).partial().optional(),
  server: z
    .strictObject({ cors_origins: z.array(z.string().max(300)).max(100).optional(), port: ATSTART, base_url: ATSTART })
    .optional(),
  // The reply has them here too.
  base_url: ATSTART,
  cors_origins: elsewhere('is changed as server.cors_origins'),
  email: elsewhere('is set with PATCH /v1/realms/{issuer_id}/mail-settings'),
  social: elsewhere('is set with POST /v1/realms/{issuer_id}/identity-providers'),
  audit: ATSTART,
  password_reset: elsewhere('has a fixed lifetime'),
}

function patchOf({ body }: WireRequest) {
  const { auth, passkeys, magic_link, jwt, server } = z.object(groups).safeParse(body).data ?? {}
  const policy = {
    sessionLifetime: auth?.session_lifetime,
    passwordMinLength: auth?.password_min_length,
    accessTokenLifetime: jwt?.lifetime,
  }
  return {
    ...(Object.values(policy).some((value) => value !== undefined) && { policy }),
    ...(passkeys?.enabled !== undefined && { passkeyEnabled: passkeys.enabled }),
    ...(magic_link?.enabled !== undefined && { magicLinkEnabled: magic_link.enabled }),
    ...(server?.cors_origins && { allowedOrigins: server.cors_origins }),
  }
}

const text = z.string()
const config = json(
  z.object({
    ...{ base_url: text, cors_origins: z.array(text) },
    server: z.object({ base_url: text, cors_origins: z.array(text) }),
    auth: z.object({ session_lifetime: text, password_min_length: z.number() }),
    ...{ passkeys: z.object({ enabled: z.boolean() }), magic_link: z.object({ enabled: z.boolean() }) },
    jwt: z.object({ issuer: text, algorithm: text, lifetime: text }),
  }),
  ({ issuer, algorithm, allowedOrigins, passkeyEnabled, magicLinkEnabled, policy }: RealmView) => ({
    ...{ base_url: issuer, cors_origins: [...allowedOrigins] },
    server: { base_url: issuer, cors_origins: [...allowedOrigins] },
    auth: {
      session_lifetime: durationOf(policy.sessionLifetime),
      password_min_length: policy.passwordMinLength,
    },
    ...{ passkeys: { enabled: passkeyEnabled }, magic_link: { enabled: magicLinkEnabled } },
    jwt: { issuer, algorithm, lifetime: durationOf(policy.accessTokenLifetime) },
  }),
)
const mode = json(z.object({ mode: z.enum(['dev', 'production']) }), ({ mail }: Health) => ({
  mode: mail.mode === 'development' ? ('dev' as const) : ('production' as const),
}))

/** Configuration and mode (SharkAuth, “Health & System”). */
export const configRoutes: readonly Route[] = [
  row('GET /api/v1/admin/config', realmGet, config),
  row('PATCH /api/v1/admin/config', realmUpdate, config, { pick: [], checked: groups, fixed: patchOf }),
  row('GET /api/v1/admin/system/mode', instanceHealth, mode),
]
