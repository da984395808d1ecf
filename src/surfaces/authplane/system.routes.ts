// The rows for totals and for who registers clients.
import * as z from 'zod'
import type { REGISTRATION_MODES } from '#domain/client/registration-policy.ts'
import * as dashboard from '#domain/dashboard/dashboard.operations.ts'
import { Stats } from '#domain/dashboard/dashboard.ts'
import * as realms from '#domain/realm/realm.operations.ts'
import type { RealmView } from '#domain/realm/realm.ts'
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

/** Totals and settings (AuthPlane, “Admin UI”). */
export const systemRoutes: readonly Route[] = [
  row('GET /admin/stats', dashboard.dashboardStats, ok(representation(Stats, { omit: ['partners'] }))),
  row('GET /admin/settings/dcr', realms.realmGet, mode),
  row('PATCH /admin/settings/dcr', realms.realmUpdate, mode, {
    accept: ['policy'],
    names: { policy: 'mode' },
    required: ['policy'],
    codecs: { policy: ofPolicy },
  }),
]
