// The conditions that are checked again inside the write. They follow from what the grant found, so no grant lists them.
// Each check locks its row: a write that ends the session, user or token waits until the new token exists and can be revoked.
import { areGranted, consentRequestsOf } from '#domain/authorization/consent-ask.ts'
import type { AgentTerms } from '#domain/client/agent-terms.ts'
import type { Client } from '#domain/client/client.ts'
import type { Context } from '#domain/context.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import type { Resource } from '#domain/resource/resource.ts'
import { touchedSince } from '#domain/session/session.ts'
import { checkAgentKey } from '../binding/binding.ts'
import type { Proof } from '../binding/proof.ts'
import type { Approval, ConsumeUnit, Found } from './grant.ts'

/**
 * Whether an agent may still act, by the key that it has now. It is held before anything else: who ends an agent holds it
 * first, and then what it has.
 * @throws Failure `invalid_dpop_proof` where it has another key now
 */
export async function holdAgent(
  { scope, clock }: Context,
  unit: ConsumeUnit,
  agent: AgentTerms,
  proof: Proof | undefined,
): Promise<boolean> {
  const held = await unit.agents.hold(agent.id)
  if (!held || (held.expiresAt !== null && held.expiresAt <= clock.now())) return false
  checkAgentKey({ agent: { ...agent, dpopJkt: held.dpopJkt } }, proof)
  return held.ownerId === null || unit.users.isActive(realmOf(scope).directoryId, held.ownerId)
}

/** Whether the parent token and the actor token, the session, the person and the consent are all still valid. */
export async function isStillValid(
  context: Context,
  unit: ConsumeUnit,
  client: Client,
  { subject, refreshFamily: family, delegation }: Found,
): Promise<boolean> {
  const { scope, clock, registry } = context
  const now = clock.now()
  for (const token of [delegation?.parent, delegation?.actorToken]) {
    if (token && !(await unit.issuances.hold(token, now))) return false
  }
  // To end a session, a user or a consent also ends its families, and the rotation has locked the family already.
  if (!subject || (family && 'next' in family)) return true
  const approval = family?.begins
  const { directoryId, policy } = realmOf(scope)
  if (approval && !(await unit.sessions.touch(approval.sessionId, now, touchedSince(policy, now)))) return false
  if (!(await unit.users.isActive(directoryId, subject.userId))) return false
  const { organizationId, userId } = subject
  if (organizationId && !(await unit.organizations.holdMember(organizationId, userId))) return false
  return !approval || client.firstParty || holdConsent(unit, approval, await registry.resources(scope.tenantId))
}

async function holdConsent(
  { grants }: ConsumeUnit,
  approval: Approval,
  resources: ReadonlyMap<string, Resource>,
): Promise<boolean> {
  const asks = consentRequestsOf(approval, resources)
  const held = []
  for (const { resource } of asks) held.push(await grants.lock(approval.userId, approval.clientId, resource))
  return areGranted(held, asks)
}
