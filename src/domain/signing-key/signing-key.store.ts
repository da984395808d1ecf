// Reads and writes signing keys.
import { type Selectable, sql } from 'kysely'
import type { Connection } from '#database/database.ts'
import { prepared } from '#database/prepared.ts'
import type { SigningKeyTable } from '#database/tables/applications.ts'
import type { SigningKey } from './signing-key.ts'

const DAY = 86_400_000

export type SigningKeyStore = ReturnType<typeof signingKeyStore>

interface KeysPlace {
  readonly tenant_id: string
  readonly realm_id: string
}

// This query runs for the first token of each realm after a start.
const keysNotRetired = prepared<KeysPlace, Selectable<SigningKeyTable>>('signing_key_living', (kysely, value) =>
  keysOf(kysely, { tenant_id: value('tenant_id'), realm_id: value('realm_id') }).where('state', '!=', 'retired'),
)

/** The signing keys of one tenant's realms. */
export function signingKeyStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  return {
    /** @returns false if another key of the algorithm is active at the realm, as when two processes add it at once */
    async insert(key: SigningKey): Promise<boolean> {
      const rows = await kysely
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
        .onConflict((conflict) => conflict.doNothing())
        .returning('id')
        .execute()
      return rows.length === 1
    },

    /** A realm's keys without the withdrawn ones, oldest first; with the withdrawn ones if requested. */
    async list(realmId: string, withRetired = false): Promise<SigningKey[]> {
      const realm = { tenant_id: tenantId, realm_id: realmId }
      const rows = withRetired ? await keysOf(kysely, realm).execute() : await connection.run(keysNotRetired, realm)
      return rows.map(toSigningKey)
    },

    /** Changes the state of a key, if it still has the expected state. @returns whether it had */
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

/** The realms of every tenant that have a key to activate or to withdraw. */
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

/**
 * Realms, of every tenant, that lack keys of an algorithm; oldest first.
 * @param most how many at most
 */
export async function realmsWithoutKeys(
  { kysely }: Connection,
  { algorithm, most }: { readonly algorithm: SigningKey['algorithm']; readonly most: number },
): Promise<{ realmId: string }[]> {
  return kysely
    .selectFrom('realm')
    .select('realm.id as realmId')
    .where('realm.deleted_at', 'is', null)
    .where((row) =>
      row.not(
        row.exists(
          row
            .selectFrom('signing_key')
            .select('signing_key.id')
            .whereRef('signing_key.realm_id', '=', 'realm.id')
            .where('signing_key.algorithm', '=', algorithm)
            .where('signing_key.state', '=', 'active'),
        ),
      ),
    )
    .orderBy('realm.id')
    .limit(most)
    .execute()
}

/** The realms, of every tenant, with a key that has signed for as long as the realm's policy lets one. */
export async function realmsWithOldKeys({ kysely }: Connection, now: number): Promise<{ realmId: string }[]> {
  return kysely
    .selectFrom('realm')
    .innerJoin('signing_key', 'signing_key.realm_id', 'realm.id')
    .select('realm.id as realmId')
    .distinct()
    .where('realm.deleted_at', 'is', null)
    .where('realm.key_rotation_days', 'is not', null)
    .where('signing_key.state', '=', 'active')
    .where(sql<boolean>`signing_key.activated_at <= ${now} - realm.key_rotation_days * ${sql.lit(DAY)}`)
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
