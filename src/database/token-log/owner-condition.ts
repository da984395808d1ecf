// The condition for rows of an owner of tokens, whatever table they are in.
import { type RawBuilder, sql } from 'kysely'
import type { TokenOwner } from './token-log.ts'

/** The members that owners can have. */
type OwnerMember = TokenOwner extends infer Owner ? (Owner extends unknown ? keyof Owner : never) : never
/** The members that a table has columns for: `agentsOf` needs that of the client only. */
export type OwnedMember = Exclude<OwnerMember, 'agentsOf'>

/**
 * One condition for each member of an owner.
 * @param column where a table has a member; undefined where it does not concern the table
 */
export function ownedBy(
  tenantId: string,
  owner: object,
  column: (member: OwnedMember) => RawBuilder<unknown> | undefined,
): RawBuilder<unknown>[] {
  return Object.entries(owner).flatMap(([member, value]) => {
    const own = column(member === 'agentsOf' ? 'clientId' : (member as OwnedMember))
    if (own === undefined) return []
    return member === 'agentsOf' ? sql`${own} in ${clientsOfAgents(tenantId, value)}` : sql`${own} = ${value}`
  })
}

/** The clients of the agents that a user owns: a query, so that their number does not matter. */
function clientsOfAgents(tenantId: string, userId: string): RawBuilder<unknown> {
  return sql`(select agent.client_id from agent where agent.tenant_id = ${tenantId} and agent.owner_id = ${userId})`
}
