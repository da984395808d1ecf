// Records and revokes grants.
import { type Audited, type Change, changeBetween } from '#kernel/change.ts'
import { Failure } from '#kernel/error.ts'
import type { EventDetail } from '#kernel/event.ts'
import { userActor } from '../actor.ts'
import type { Client } from '../client/client.ts'
import type { Context, Unit } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { endAll } from '../revocation/end-all.ts'
import type { User } from '../user/user.ts'
import type { Grant } from './grant.ts'

/** What events tell of a consent that was extended. */
const AUDITED: Readonly<Record<string, Audited>> = { scopes: 'values', details: 'name' }

/** What a user allowed a client at a resource. */
export interface Consent {
  readonly realmId: string
  readonly user: Pick<User, 'id' | 'email'>
  readonly client: Pick<Client, 'id' | 'clientId'>
  /** Its identifier; an empty text for the realm itself. */
  readonly resource: string
  readonly scopes: readonly string[]
  readonly details?: Grant['details'] | undefined
  /** Whether the caller gave it, in the name of the user. */
  readonly isGiven?: true
}

/**
 * Writes down inside a write what a user allowed a client.
 * @returns the grant as it now stands, with what was allowed before
 */
export async function recordConsent(
  context: Pick<Context, 'clock' | 'random'>,
  unit: Unit,
  { realmId, user, client, resource, scopes, details = [], isGiven }: Consent,
): Promise<Grant> {
  const now = context.clock.now()
  const { grant, before } = await unit.grants.merge({
    id: context.random.id(),
    realmId,
    userId: user.id,
    clientId: client.id,
    resource,
    scopes: [...new Set(scopes)],
    details,
    createdAt: now,
    updatedAt: now,
    revokedAt: null,
  })
  // The events name the user as the actor, unless somebody else consents for the user.
  const about = { grant, clientId: client.clientId, ...(!isGiven && { actor: userActor(user) }) }
  if (before === undefined) emitEvent(unit, 'grant.created', about)
  else {
    const change = changeBetween(AUDITED, before, grant)
    if (change) emitEvent(unit, 'grant.updated', { ...about, change })
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
    if (!(await endGrant(unit, realm.id, id, now))) return
    await endAll(unit, [{ userId: grant.userId, clientId: grant.clientId }], now)
  })
}

/** Revokes a consent inside a write; the caller must revoke the tokens. @returns whether it was not revoked before */
export async function endGrant(unit: Unit, realmId: string, id: string, now: number): Promise<boolean> {
  const grant = await unit.grants.findById(realmId, id)
  if (!grant || !(await unit.grants.revoke(id, now))) return false
  const named = await unit.clients.find(realmId, grant.clientId)
  emitEvent(unit, 'grant.revoked', { grant, clientId: named?.client.clientId ?? null })
  return true
}

function emitEvent(
  unit: Unit,
  type: 'grant.created' | 'grant.updated' | 'grant.revoked',
  about: {
    readonly grant: Grant
    /** The `client_id`; null for a client that was deleted. */
    readonly clientId: string | null
    readonly actor?: EventDetail['actor']
    readonly change?: Change | undefined
  },
): void {
  const { grant, clientId, actor, change } = about
  const { userId, resource, scopes, details } = grant
  // The values can be about the person; the grant has them.
  const types = [...new Set(details.map((detail) => detail.type))]
  unit.emit(type, {
    subject: { type: 'grant', id: grant.id },
    realmId: grant.realmId,
    ...(actor && { actor }),
    data: {
      ...{ userId, clientId, resource: resource === '' ? null : resource, scopes },
      ...(types.length > 0 && { authorizationDetailsTypes: types }),
      ...change,
    },
  })
}
