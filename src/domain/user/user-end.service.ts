// Owns what ends with a user's access: when the user is suspended or deleted, or gets a new password.
import type { AuthenticatorKind } from '../authenticator/authenticator.ts'
import type { Context, Unit } from '../context.ts'
import { emitOrganizationEvent } from '../organization/organization-event.ts'
import { endAll } from '../revocation/end-all.ts'
import { endSessionsOf } from '../session/session.service.ts'
import type { SessionEnd } from '../session/session.ts'
import type { User } from './user.ts'

/** The events of a user's end, besides the one that says whether the user was suspended or deleted. */
export const USER_END_EVENTS = ['session.ended', 'agent.stopped', 'organization.admin_lost'] as const

/** The events of a change of a user that may suspend or reactivate the user. */
export const USER_CHANGE_EVENTS = [
  'user.updated',
  'user.suspended',
  'user.reactivated',
  ...USER_END_EVENTS,
  'agent.resumed',
] as const

/** How much ended. */
export interface EndedAccess {
  readonly sessions: number
  readonly tokens: number
}

/**
 * Ends the sessions, refresh tokens and access tokens of a user inside a write, whatever realms they are of. Browsers are not
 * remembered any more.
 * @param end why, and the id of a session that goes on; its tokens end
 */
export async function endAccess(
  context: Pick<Context, 'random'>,
  unit: Unit,
  userId: string,
  end: { readonly why: SessionEnd; readonly now: number; readonly kept?: string | undefined },
): Promise<EndedAccess> {
  const { now } = end
  const sessions = await endSessionsOf(context, unit, userId, end)
  await unit.rememberedDevices.deleteOfUser(userId)
  // The families first: a refresh that is under way ends before that, and its token is there to be revoked.
  await unit.tokenFamilies.revokeWhere({ userId }, now)
  return { sessions, tokens: await unit.issuances.revokeWhere({ userId }, now) }
}

/**
 * Removes all second factors of a user inside a write. The sessions and tokens of a user who had any end.
 * @param userId of a user whose row is locked
 * @returns the kinds of what was removed
 */
export async function removeSecondFactors(
  context: Pick<Context, 'clock' | 'random'>,
  unit: Unit,
  userId: string,
): Promise<AuthenticatorKind[]> {
  const now = context.clock.now()
  const removed = await unit.authenticators.deleteOfUser(userId, now)
  if (removed.length > 0) await endAccess(context, unit, userId, { why: 'second_factors_removed', now })
  return [...new Set(removed.map(({ kind }) => kind))]
}

/** Stops the agents that a user owns inside a write. They get no tokens while the user is not active. */
export async function stopAgentsOf(unit: Unit, userId: string, why: SessionEnd, now: number): Promise<void> {
  const agents = await unit.agents.ownedBy(userId)
  if (agents.length > 0) await endAll(unit, [{ agentsOf: userId }], now)
  for (const { id, realmId, clientId, name } of agents) {
    unit.emit('agent.stopped', { subject: { type: 'agent', id, label: name }, realmId, data: { clientId, name, why } })
  }
}

/** Lets the agents that a user owns go on inside a write, after the user was reactivated. */
export async function resumeAgentsOf(unit: Unit, userId: string): Promise<void> {
  for (const { id, realmId, clientId, name } of await unit.agents.ownedBy(userId)) {
    unit.emit('agent.resumed', { subject: { type: 'agent', id, label: name }, realmId, data: { clientId, name } })
  }
}

/**
 * Emits an event for each organization that has no active admin once a user is suspended or deleted. Each organization
 * is held: of two admins who end at once, the second one is seen to be the last.
 */
export async function emitLostAdmins(unit: Unit, { id, directoryId }: User): Promise<void> {
  for (const organizationId of await unit.organizations.administeredBy(id)) {
    const organization = await unit.organizations.lock(directoryId, organizationId)
    if (!organization || (await unit.organizations.hasOtherAdmin(organizationId, id))) continue
    emitOrganizationEvent(unit, 'organization.admin_lost', organization, { userId: id })
  }
}
