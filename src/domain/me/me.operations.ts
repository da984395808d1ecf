// The operation that tells callers who they are, and what they may do.
import * as z from 'zod'
import { idOut } from '#kernel/field.ts'
import { PLATFORM } from '#kernel/id.ts'
import { type Context, operation } from '../context.ts'

/** How many realms of the caller's tenant are named. */
const REALMS_SHOWN = 20

const MeView = z.object({
  kind: z.enum(['api_key', 'user', 'client']).describe('A key, a person or a program with a token.'),
  name: z.string().describe('The name of the key or program, the e-mail address of the person.'),
  reach: z.enum(['platform', 'partner', 'tenant', 'realm']).describe('What the caller reaches at most.'),
  permissions: z.array(z.string()).describe('The permissions and patterns that the caller holds.'),
  signedInAt: z.number().int().meta({ time: true }).nullable().describe('When the person signed in.'),
  tenant: z
    .object({ id: idOut('tenant'), name: z.string(), slug: z.string() })
    .nullable()
    .describe('The tenant that requests are about which name none; none for a partner.'),
  realms: z
    .array(z.object({ issuerId: z.string(), name: z.string(), kind: z.string() }))
    .describe('The first realms of this tenant; the only one for a caller who reaches one.'),
})

export const meGet = operation({
  name: 'me.get',
  summary: 'Show who calls',
  description: 'The kind, the reach and the permissions of the credential that the request is sent with.',
  permission: 'me:read',
  reach: 'realm',
  across: true,
  input: z.strictObject({}),
  output: MeView,
  errors: [],
  events: [],
  run: describeCaller,
})

async function describeCaller({ actor, read, scope }: Context): Promise<z.input<typeof MeView>> {
  const { reach } = actor
  // A partner has no tenant of its own.
  const tenant =
    scope.tenantId === PLATFORM
      ? undefined
      : await read.acrossTenants.tenants.find({ kind: 'platform' }, scope.tenantId)
  const { data: realms } = tenant ? await read.realms.list({ limit: 100 }) : { data: [] }
  const reached = realms.filter(({ id }) => reach.kind !== 'realm' || reach.realmId === id)
  return {
    kind: actor.kind as z.input<typeof MeView>['kind'],
    name: actor.label,
    reach: reach.kind as z.input<typeof MeView>['reach'],
    permissions: [...actor.permissions].sort(),
    signedInAt: actor.authenticatedAt ?? null,
    tenant: tenant ? { id: tenant.id, name: tenant.name, slug: tenant.slug } : null,
    realms: reached.slice(0, REALMS_SHOWN).map(({ issuerId, name, kind }) => ({ issuerId, name, kind })),
  }
}
