// Owns the issue of many tokens in one batch.
import type { Context } from '#domain/context.ts'

/** A token of a rush, by whose it is and what for. */
export interface BurstToken {
  readonly id: string
  readonly clientId: string
  readonly userId: string | null
  readonly audience: string
}

/** Issues tokens of the context’s realm in one batch, as many that are asked for at once are; they hold for an hour. */
export async function tokenBurst(context: Context, tokens: readonly Omit<BurstToken, 'id'>[]): Promise<BurstToken[]> {
  const { random, clock, scope } = context
  const issued = tokens.map((token) => ({ ...token, id: random.id() }))
  await context.write((unit) => {
    for (const { id, clientId, userId, audience } of issued) {
      unit.issue({
        id,
        tenant_id: scope.tenantId,
        realm_id: scope.realm?.id ?? '',
        client_id: clientId,
        client_name: clientId,
        client_label: 'burst',
        user_id: userId,
        session_id: null,
        family_id: null,
        parent_id: null,
        confirmation: null,
        act: null,
        grant_type: 'client_credentials',
        audience,
        scopes: '',
        kid: 'k1',
        token_hash: id,
        issued_at: clock.now(),
        expires_at: clock.now() + 3_600_000,
      })
    }
  })
  return issued
}
