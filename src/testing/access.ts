// Owns sessions, tokens and consents of a user, written to the database for tests of what ends them.
import { randomUUID } from 'node:crypto'
import type { Database } from '#database/database.ts'
import type { User } from '#domain/user/user.ts'
import { createRandom } from '#outside/random.ts'

/** What of a user’s access still holds: each member is a count. */
export interface Access {
  readonly sessions: number
  readonly families: number
  readonly issuances: number
  readonly grants: number
}

/**
 * Gives a user one session, one token family, one token and one consent at a client of a realm, for tests of what
 * ends them.
 * @param now milliseconds since 1970
 */
export async function createAccess(
  { write }: Database,
  user: Pick<User, 'id' | 'tenantId'>,
  place: { readonly realmId: string; readonly clientId: string },
  now: number,
): Promise<void> {
  const later = now + 3_600_000
  const owner = { tenant_id: user.tenantId, realm_id: place.realmId, user_id: user.id }
  await write(async ({ kysely }) => {
    await kysely
      .insertInto('session')
      .values({
        ...owner,
        id: randomUUID(),
        secret_hash: randomUUID(),
        amr: '["pwd"]',
        aal: 1,
        authenticated_at: now,
        created_at: now,
        last_seen_at: now,
        expires_at: later,
      })
      .execute()
    const token = { ...owner, client_id: place.clientId, scopes: 'openid' }
    await kysely
      .insertInto('token_family')
      .values({
        ...token,
        id: randomUUID(),
        resources: '[]',
        acr: '1',
        amr: '["pwd"]',
        authenticated_at: now,
        created_at: now,
        expires_at: later,
        generation: 0,
      })
      .execute()
    await kysely
      .insertInto('issuance')
      .values({
        ...token,
        // What was issued is looked for by when, which its id tells.
        id: createRandom({ now: () => now }).id(),
        session_id: null,
        family_id: null,
        parent_id: null,
        grant_type: 'authorization_code',
        audience: 'https://api.example.com',
        kid: 'k',
        token_hash: randomUUID(),
        issued_at: now,
        expires_at: later,
        revoked_at: null,
        block: 0,
      })
      .execute()
    await kysely
      .insertInto('consent_grant')
      .values({
        ...token,
        id: randomUUID(),
        resource: '',
        scopes: '["openid"]',
        details: '[]',
        created_at: now,
        updated_at: now,
      })
      .execute()
  })
}

/** How much of a user’s access was not ended. */
export async function countAccess({ read: { kysely } }: Database, userId: string): Promise<Access> {
  const rows = async (table: 'token_family' | 'issuance' | 'consent_grant') =>
    (
      await kysely
        .selectFrom(table)
        .select('id')
        .where('user_id', '=', userId)
        .where('revoked_at', 'is', null)
        .execute()
    ).length
  const sessions = await kysely
    .selectFrom('session')
    .select('id')
    .where('user_id', '=', userId)
    .where('ended_at', 'is', null)
    .execute()
  return {
    sessions: sessions.length,
    families: await rows('token_family'),
    issuances: await rows('issuance'),
    grants: await rows('consent_grant'),
  }
}
