// The fields and views of connections: what a provider gave this server for one user.
import * as z from 'zod'
import { declare, type NounOf } from '#kernel/declaration.ts'
import { constant, managed } from '#kernel/declared-fields.ts'
import { idOf, idOut, time, timeIn } from '#kernel/field.ts'
import { forwardQuery } from '#kernel/page.ts'
import type { BrokerProvider } from '../broker-provider/broker-provider.ts'
import { list, scopeToken } from '../client/client.ts'

/** What a header can carry as a token or key. */
export const TOKEN = /^[\x21-\x7e]+$/

/** The purpose for which tokens of providers are sealed. */
export const CREDENTIAL_PURPOSE = 'broker-credential'

/** The fields of a connection. */
export const ConnectionFields = declare({
  id: constant(idOut('connection')),
  tenantId: constant(z.string(), { view: null }),
  realmId: constant(idOut('realm')),
  providerId: constant(idOut('broker_provider')),
  userId: constant(idOut('user')),
  scopes: managed(z.array(z.string()).describe('The scopes that the provider granted.')),
  metadata: managed(
    z
      .record(z.string(), z.unknown())
      .nullable()
      .describe('What the provider says of the accounts that the connection reaches, where it has such a list.'),
  ),
  expiresAt: managed(time.nullable().describe('When the access token expires; null if it does not.')),
  needsReauth: managed(z.boolean().describe('Whether the user has to connect again.')),
  refreshedAt: managed(time.nullable()),
  version: managed(z.number().int().describe('How often the tokens were replaced, from 1.')),
  createdAt: constant(time),
  updatedAt: managed(time),
  revokedAt: managed(time.nullable()),
  /** Sealed {@link Credential}; null once it is revoked, or the user has to connect again. */
  credential: managed(z.string().nullable(), { view: null }),
  leasedUntil: managed(z.number().int().nullable(), { view: null }),
})

/** What a provider gave for one user. */
export type Connection = NounOf<typeof ConnectionFields>

/** The tokens of a connection. They name whose they are, so that they are of no use in another row. */
export interface Credential {
  readonly userId: string
  readonly providerId: string
  /** An access token, or a key. */
  readonly accessToken: string
  readonly refreshToken: string | null
}

const secret = z.string().min(1).max(16_384)
const written = { format: 'password', writeOnly: true } as const

/** Tokens, or a key, that another system kept for a user. */
export const NewConnection = z.strictObject({
  userId: idOf('user'),
  providerId: idOf('broker_provider'),
  accessToken: secret
    .regex(TOKEN, 'printable ASCII characters without spaces')
    .meta(written)
    .describe('The access token, or the key. It is stored encrypted and never shown.'),
  refreshToken: secret
    .regex(/^[\x20-\x7e]+$/, 'printable ASCII characters')
    .meta(written)
    .optional(),
  scopes: list(scopeToken, 200).default([]).describe('The scopes that the provider granted.'),
  expiresAt: timeIn.optional().describe('When the access token expires; not for a key. Default: it does not.'),
})
export type NewConnection = z.output<typeof NewConnection>

/** The filters of a list of a realm's connections. */
export const ConnectionFilter = z.strictObject({
  ...forwardQuery.shape,
  userId: idOf('user').optional().describe('Only connections of this user.'),
  providerId: idOf('broker_provider').optional().describe('Only connections at this provider.'),
  revoked: z.stringbool().default(false).describe('Also list connections that ended.'),
})
export type ConnectionFilter = z.output<typeof ConnectionFilter>

/** The schema of a connection in admin responses. */
export const ConnectionView = z.object({
  ...ConnectionFields.view,
  provider: z
    .object({ slug: z.string(), name: z.string(), iconUrl: z.string().nullable() })
    .describe('The provider, also one that was deleted.'),
})
export type ConnectionView = z.output<typeof ConnectionView>

/** Returns the view of a connection. */
export function viewConnection(connection: Connection, provider: BrokerProvider | undefined): ConnectionView {
  const { slug = '', name = '', iconUrl = null } = provider ?? {}
  return { ...ConnectionFields.show(connection), provider: { slug, name, iconUrl } }
}
