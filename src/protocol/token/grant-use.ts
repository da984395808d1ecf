// Whether a client may use a grant at this moment, and how often.
import type { RegisteredClient } from '#domain/client/client.ts'
import { refusedGrant } from '#domain/client/refused-grant.ts'
import type { Context } from '#domain/context.ts'
import { clientRule, profileRule } from '#domain/decision/rule.ts'
import { allowsGrant, profileOf } from '#domain/realm/profile.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import { Failure } from '#kernel/error.ts'
import type { Grant } from './grant.ts'

/**
 * Checks whether a client may use a grant, by its registration and by the profile, and counts the request of an agent.
 * @throws Failure `unauthorized_client`, `too_many_requests`
 */
export async function useGrant(context: Context, { type, clients }: Grant, client: RegisteredClient): Promise<void> {
  const realm = realmOf(context.scope)
  const profile = profileOf(realm, client)
  const registered =
    typeof clients === 'function' ? clients(client) : (client.grantTypes as readonly string[]).includes(type)
  const confidential = clients !== 'confidential' || client.authMethod !== 'none'
  if (!registered) throw refusedGrant(type, client)
  if (!confidential) throw refusedGrant(type, client, clientRule(client, 'authMethod', type))
  if (!allowsGrant(profile, type)) throw refusedGrant(type, client, profileRule(realm, client, profile, 'grants', type))
  if (client.agent) await keepRate(context, client.id, client.agent)
}

// RFC 6749 has no word for it; RFC 6585 §4 has the status. Who is no agent is not counted.
async function keepRate(
  { limiter }: Context,
  id: string,
  { rateLimitRpm }: NonNullable<RegisteredClient['agent']>,
): Promise<void> {
  if (rateLimitRpm === null) return
  const retryAfter = await limiter.take(`agent ${id}`, rateLimitRpm, 60)
  const rule = { policy: 'agent.rate_limit_rpm', value: String(rateLimitRpm) }
  if (retryAfter > 0) throw new Failure('too_many_requests', { retryAfter, rule })
}
