// Records and revokes grants.
import { Failure } from '#kernel/error.ts'
import type { EventDetail } from '#kernel/event.ts'
import type { Context, Unit } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import type { Grant } from './grant.ts'

/**
 * Writes down inside a write what a user allowed a client.
 * @param consent ids of the user and the client, the resource’s identifier or an empty text for the realm itself
 * @returns the grant as it now stands, with what was allowed before
 */
export async function recordConsent(
  context: Pick<Context, 'clock' | 'random'>,
  unit: Unit,
  consent: Pick<Grant, 'realmId' | 'userId' | 'clientId' | 'resource' | 'scopes'> & Partial<Pick<Grant, 'details'>>,
): Promise<Grant> {
  const now = context.clock.now()
  const { grant, outcome } = await unit.grants.merge({
    id: context.random.id(),
    realmId: consent.realmId,
    userId: consent.userId,
    clientId: consent.clientId,
    resource: consent.resource,
    scopes: [...new Set(consent.scopes)],
    details: consent.details ?? [],
    createdAt: now,
    updatedAt: now,
    revokedAt: null,
  })
  if (outcome !== 'same') {
    // The event names the user as the actor, because the user consents.
    const actor = { kind: 'user', id: grant.userId }
    emitEvent(unit, outcome === 'created' ? 'grant.created' : 'grant.updated', grant, actor)
  }
  return grant
}

/**
 * Revokes a grant of the realm, and every token that the client has for the user. A revoked grant stays as it is.
 * @throws Failure `not_found`
 */
export async function revokeGrant(context: Context, { id }: { id: string }): Promise<void> {
  const realm = realmOf(context.scope)
  const now = context.clock.now()
  await context.write(async (unit) => {
    const grant = await unit.grants.findById(realm.id, id)
    if (!grant) throw new Failure('not_found')
    if (!(await unit.grants.revoke(id, now))) return
    const holder = { userId: grant.userId, clientId: grant.clientId }
    await unit.tokenFamilies.revokeWhere(holder, now)
    await unit.issuances.revokeWhere(holder, now)
    emitEvent(unit, 'grant.revoked', grant)
  })
}

function emitEvent(
  unit: Unit,
  type: 'grant.created' | 'grant.updated' | 'grant.revoked',
  grant: Grant,
  actor?: EventDetail['actor'],
): void {
  const { userId, clientId, resource, scopes, details } = grant
  // The values can be about the person; the grant has them.
  const types = [...new Set(details.map((detail) => detail.type))]
  unit.emit(type, {
    subject: { type: 'grant', id: grant.id },
    realmId: grant.realmId,
    ...(actor && { actor }),
    data: {
      ...{ userId, clientId, resource: resource === '' ? null : resource, scopes },
      ...(types.length > 0 && { authorizationDetailsTypes: types }),
    },
  })
}
