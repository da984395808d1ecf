// Lists what belongs to an agent: its tokens, who allowed it something, and its events.

import type { TokenQuery } from '#database/token-log/token-log.ts'
import { Failure } from '#kernel/error.ts'
import { mapPage, type Page } from '#kernel/page.ts'
import type { Context } from '../context.ts'
import { listEitherSide } from '../event/either-side.ts'
import type { EventWithNames } from '../event/event.ts'
import { withEventNames } from '../event/event-across-tenants.service.ts'
import { type GrantView, viewGrant } from '../grant/grant.ts'
import type { Issuance } from '../issuance/issuance.ts'
import { realmOf } from '../realm/realm.service.ts'
import { TOKEN_LIFETIME_MAX } from '../realm/realm.ts'
import type { Agent, AgentAuthorizationQuery, AgentEventQuery, AgentTokenQuery } from './agent.ts'

/** The tokens that an agent got, newest first. @throws Failure `not_found` */
export async function listAgentTokens(
  context: Context,
  { id, active, ...query }: AgentTokenQuery,
): Promise<Page<Issuance>> {
  const { client } = await agentOf(context, id)
  const { resource, ...others } = query
  const wanted = { ...others, audience: resource, realmId: client.realmId, clientId: client.id }
  return active ? listActive(context, wanted) : context.read.issuances.list(wanted)
}

/** How many pages are read for one page of valid tokens. */
const PAGES_READ_MAX = 50

// Whether a token is valid is no part of an index. No token lives longer than the maximum.
async function listActive({ read, clock }: Context, query: TokenQuery): Promise<Page<Issuance>> {
  const now = clock.now()
  const since = Math.max(query.since ?? 0, now - TOKEN_LIFETIME_MAX * 1000)
  const data: Issuance[] = []
  let cursor = query.cursor
  for (let pages = 0; pages < PAGES_READ_MAX && data.length < query.limit; pages++) {
    const page = await read.issuances.list({ ...query, since, cursor, limit: query.limit - data.length })
    data.push(
      ...page.data.filter(({ revokedAt, expiresAt }) => revokedAt === null && (expiresAt === null || expiresAt > now)),
    )
    cursor = page.nextCursor ?? undefined
    if (cursor === undefined) break
  }
  return { data, nextCursor: cursor ?? null }
}

/** What people allowed an agent, newest first. @throws Failure `not_found` */
export async function listAgentAuthorizations(
  context: Context,
  { id, ...query }: AgentAuthorizationQuery,
): Promise<Page<GrantView>> {
  const { client } = await agentOf(context, id)
  return mapPage(await context.read.grants.list(client.realmId, { ...query, clientId: client.id }), viewGrant)
}

/** The events about an agent and its client, or of what the agent did, newest first. @throws Failure `not_found` */
export async function listAgentEvents(
  context: Context,
  { id, side, ...query }: AgentEventQuery,
): Promise<Page<EventWithNames>> {
  const { client } = await agentOf(context, id)
  const [about, by] = [{ subjectIds: [id, client.id] }, { actorId: client.id }]
  const page =
    side === 'either'
      ? await listEitherSide(context, { ...query, ...about, ...by })
      : await context.read.events.list({ ...query, ...(side === 'about' ? about : by) })
  return { ...page, data: await withEventNames(context, page.data) }
}

async function agentOf({ read, scope }: Context, id: string): Promise<Agent> {
  const agent = await read.agents.find(realmOf(scope).id, id)
  if (!agent) throw new Failure('not_found')
  return agent
}
