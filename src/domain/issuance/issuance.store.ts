// The tokens that one tenant's realms issued, as the domain sees them.
import type { Connection } from '#database/database.ts'
import { compactTokenLog, tokenLog } from '#database/token-log/open-token-log.ts'
import { countRevokedInList, revokedInList } from '#database/token-log/revoked-in-list.ts'
import type {
  PresentedToken,
  TokenClient,
  TokenQuery,
  TokenRecord,
  TokenSelection,
} from '#database/token-log/token-log.ts'
import { floorId } from '#kernel/id.ts'
import { type Page, toPage } from '#kernel/page.ts'
import { brokerIssuanceStore } from '../broker-issuance/broker-issuance.store.ts'
import { TOKEN_LIFETIME_MAX } from '../realm/realm.ts'
import type { Issuance } from './issuance.ts'

export type IssuanceStore = ReturnType<typeof issuanceStore>

/** How much the clock that created an id may differ from this server's clock, in milliseconds. */
const SKEW = 300_000

/** The tokens that one tenant's realms issued. */
export function issuanceStore(connection: Connection, tenantId: string) {
  const log = tokenLog(connection, tenantId)
  const brokered = brokerIssuanceStore(connection, tenantId)
  // No token lives longer, so older tokens need not be read.
  const revokeWhere = (selection: TokenSelection, now: number) =>
    log.revokeWhere(selection, now, floorId(now - TOKEN_LIFETIME_MAX * 1000 - SKEW))
  return {
    async find(id: string): Promise<Issuance | undefined> {
      const token = await log.find(id)
      return token ? toIssuance(token) : brokered.find(id)
    },

    /** @param id the token's `jti` */
    findToken: (id: string): Promise<PresentedToken | undefined> => log.findPresented(id),

    /** Locks a valid token, so that it cannot be revoked until the write ends. @returns whether it is valid */
    hold: (id: string, now: number): Promise<boolean> => log.hold(id, now),

    /** How often a token was exchanged in a row until it was made. @param limit is not counted above */
    countAbove: (id: string, limit: number): Promise<number> => log.countAbove(id, limit),

    /** The clients that got the tokens which one was exchanged for. @param limit how far above */
    clientsAbove: (id: string, limit: number): Promise<TokenClient[]> => log.clientsAbove(id, limit),

    /** One page, newest first. */
    async list(query: TokenQuery): Promise<Page<Issuance>> {
      const [own, others] = await Promise.all([log.list(query), brokered.list(query)])
      const all = [...own.map(toIssuance), ...others].sort((one, other) => (one.id < other.id ? 1 : -1))
      return toPage(all.slice(0, query.limit + 1), query.limit, ({ id }) => id)
    },

    /** Revokes the valid tokens of a selection. @returns their number */
    revokeWhere,

    /** Revokes the tokens that were issued by a delegation grant, with what they were exchanged for. @returns their number */
    revokeUnder: (grantId: string, now: number): Promise<number> => log.revokeUnder(grantId, now),

    /** Revokes the valid tokens for an audience, in all realms. @returns their number */
    revokeForAudience: (audience: string, now: number): Promise<number> => revokeWhere({ audience }, now),

    /** How many tokens of a status list were revoked. */
    countRevokedInList: (list: string): Promise<number> => countRevokedInList(connection, list),

    /** The indexes of the tokens of a status list that were revoked since a time, in milliseconds since 1970. */
    revokedInList: (list: string, since: number): Promise<number[]> => revokedInList(connection, list, since),

    /** Revokes a token with the tokens that it was exchanged for. @returns how many of them were valid */
    revokeTree: (id: string, now: number): Promise<number> => log.revokeTree(id, now),

    /** @returns whether the token was not revoked before */
    revoke: (id: string, now: number): Promise<boolean> => log.revoke(id, now),
  }
}

/** Revokes all valid tokens of a tenant. */
export async function revokeTokensOfTenant(connection: Connection, tenantId: string, now: number): Promise<void> {
  await issuanceStore(connection, tenantId).revokeWhere({ tenant: true }, now)
}

/**
 * Moves tokens of recent partitions to a form that lists read faster.
 * @param limit the maximum number of tokens to move
 * @returns the number of moved tokens; 0 if none is left
 */
export function compactTokens(connection: Connection, limit: number): Promise<number> {
  return compactTokenLog(connection, limit)
}

function toIssuance(token: TokenRecord): Issuance {
  const { id, realmId, clientId, userId, sessionId, familyId, grantType, audience, scopes, kid } = token
  const { issuedAt, expiresAt, revokedAt, parentId, confirmation, act } = token
  const owner = { realmId, clientId, userId, sessionId, familyId }
  return {
    id,
    kind: 'mint',
    ...owner,
    grantType,
    audience,
    scopes: [...scopes],
    kid,
    issuedAt,
    expiresAt,
    revokedAt,
    parentId,
    confirmation,
    act,
  }
}
