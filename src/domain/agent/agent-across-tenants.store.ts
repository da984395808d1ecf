// The list of the agents of several tenants.
import type { Connection } from '#database/database.ts'
import type { Page } from '#kernel/page.ts'
import type { Reach } from '../actor.ts'
import { tenantsWithin } from '../tenant/tenants-within.store.ts'
import { agentsNotDeleted, pageOfAgents } from './agent.store.ts'
import type { Agent, AgentQuery } from './agent.ts'

export type AgentsAcrossTenants = ReturnType<typeof agentsAcrossTenants>

/** The agents of all tenants' home realms, limited to a reach. */
export function agentsAcrossTenants(connection: Connection) {
  const { kysely } = connection
  return {
    /** One page, oldest first. */
    list(reach: Reach, { tenantId, partnerId, ...query }: AgentQuery): Promise<Page<Agent>> {
      const agents = agentsNotDeleted(connection)
        .innerJoin('realm', 'realm.id', 'agent.realm_id')
        .where('realm.kind', '=', 'default')
        .where('agent.tenant_id', 'in', tenantsWithin(kysely, reach, { tenantId, partnerId }))
      return pageOfAgents(connection, agents, query)
    },
  }
}
