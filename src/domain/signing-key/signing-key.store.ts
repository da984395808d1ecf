import type { Selectable } from 'kysely'
import type { Connection } from '#database/database.ts'
import { prepared } from '#database/prepared.ts'
import type { SigningKeyTable } from '#database/tables/applications.ts'
import type { SigningKey } from './signing-key.ts'

export type SigningKeyStore = ReturnType<typeof signingKeyStore>

interface KeysPlace {
  readonly tenant_id: string
  readonly realm_id: string
}

// Asked for each realm's first token after a start.
const livingKeys = prepared<KeysPlace, Selectable<SigningKeyTable>>('signing_key_living', (kysely, value) =>
  keysOf(kysely, { tenant_id: value('tenant_id'), realm_id: value('realm_id') }).where('state', '!=', 'retired'),
)

/** The signing keys of one tenant's realms. */
export function signingKeyStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  return {
    async insert(key: SigningKey): Promise<void> {
      await kysely
        .insertInto('signing_key')
        .values({
          id: key.id,
          tenant_id: key.tenantId,
          realm_id: key.realmId,
          kid: key.kid,
          algorithm: key.algorithm,
          state: key.state,
          public_jwk: JSON.stringify(key.publicJwk),
          private_key: key.handle,
          published_at: key.publishedAt,
          activates_at: key.activatesAt,
          activated_at: key.activatedAt,
          retires_at: key.retiresAt,
        })
        .execute()
    },

    /** A realm's keys that are not withdrawn, oldest first; the withdrawn ones too where asked for. */
    async list(realmId: string, withRetired = false): Promise<SigningKey[]> {
      const realm = { tenant_id: tenantId, realm_id: realmId }
      const rows = withRetired ? await keysOf(kysely, realm).execute() : await connection.run(livingKeys, realm)
      return rows.map(toSigningKey)
    },

    /** Moves a key on, if it still is where it was. @returns whether it was */
    async move(key: SigningKey, from: SigningKey['state']): Promise<boolean> {
      const { numUpdatedRows } = await kysely
        .updateTable('signing_key')
        .set({
          state: key.state,
          private_key: key.handle,
          activates_at: key.activatesAt,
          activated_at: key.activatedAt,
          retires_at: key.retiresAt,
        })
        .where('tenant_id', '=', tenantId)
        .where('id', '=', key.id)
        .where('state', '=', from)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },
  }
}

/** The realms, of every tenant, that have a key whose time has come to sign or to be withdrawn. */
export async function realmsWithDueKeys(
  { kysely }: Connection,
  now: number,
): Promise<{ tenantId: string; realmId: string }[]> {
  return kysely
    .selectFrom('signing_key')
    .select(['tenant_id as tenantId', 'realm_id as realmId'])
    .distinct()
    .where((row) =>
      row.or([
        row.and([row('state', '=', 'next'), row('activates_at', '<=', now)]),
        row.and([row('state', '=', 'retiring'), row('retires_at', '<=', now)]),
      ]),
    )
    .execute()
}

function keysOf(kysely: Connection['kysely'], place: KeysPlace) {
  return kysely
    .selectFrom('signing_key')
    .selectAll()
    .where('tenant_id', '=', place.tenant_id)
    .where('realm_id', '=', place.realm_id)
    .orderBy('id')
}

function toSigningKey(row: Selectable<SigningKeyTable>): SigningKey {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    realmId: row.realm_id,
    kid: row.kid,
    algorithm: row.algorithm as SigningKey['algorithm'],
    state: row.state as SigningKey['state'],
    publicJwk: JSON.parse(row.public_jwk),
    handle: row.private_key,
    publishedAt: row.published_at,
    activatesAt: row.activates_at,
    activatedAt: row.activated_at,
    retiresAt: row.retires_at,
  }
}
