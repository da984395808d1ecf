// Decides about delegation grants: creates and revokes them.
import { Failure, flawed } from '#kernel/error.ts'
import type { EventType } from '#kernel/event.ts'
import type { Client } from '../client/client.ts'
import type { Context, Unit } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { resourceIdentifiers } from '../resource/resource.service.ts'
import type { SignedIn } from '../sign-in/signed-in.ts'
import {
  type DelegationGrant,
  DelegationGrantFields,
  type DelegationGrantView,
  type NewDelegationGrant,
} from './delegation-grant.ts'

/**
 * Lets a client act for a user, or with the tokens of another client.
 * @throws Failure `invalid_input` for the parties and the expiry, `not_found` for an unknown party, `invalid_target`,
 *   `conflict` for a client that may act with every token already, and for a suspended user
 */
export async function createDelegationGrant(context: Context, input: NewDelegationGrant): Promise<DelegationGrantView> {
  const { expiresAt = null } = input
  if (expiresAt !== null && expiresAt <= context.clock.now()) throw flawed('expiresAt', 'is in the past')
  checkOne(input, ['fromUserId', 'fromClientId', 'fromAgentId'])
  checkOne(input, ['toClientId', 'toAgentId'])
  return context.write((unit) => addDelegationGrant(context, unit, input))
}

/** Creates a grant inside a write. @throws Failure as {@link createDelegationGrant} */
export async function addDelegationGrant(
  context: Context,
  unit: Unit,
  input: NewDelegationGrant,
): Promise<DelegationGrantView> {
  const { clock, random, scope, registry } = context
  const realm = realmOf(scope)
  const now = clock.now()
  const { hops, scopes, tokenBudget, expiresAt = null } = input
  const to = await clientOf(context, unit, input.toClientId, input.toAgentId)
  const from = input.fromUserId === null ? await clientOf(context, unit, input.fromClientId, input.fromAgentId) : null
  checkActor(to, from)
  if (input.fromUserId !== null) await checkUser(context, unit, input.fromUserId)
  const grant: DelegationGrant = {
    id: random.id(),
    tenantId: realm.tenantId,
    realmId: realm.id,
    fromUserId: input.fromUserId,
    fromClientId: from?.id ?? null,
    toClientId: to.id,
    ...{ hops, scopes, tokenBudget },
    resources: input.resources && (await resourceIdentifiers(unit, input.resources, registry.settings)),
    tokensIssued: 0,
    createdAt: now,
    expiresAt,
    revokedAt: null,
  }
  await unit.delegationGrants.insert(grant)
  emitEvent(unit, 'delegation_grant.created', grant, to)
  return DelegationGrantFields.show(grant)
}

/** @throws Failure `not_found` */
export async function getDelegationGrant(
  { read, scope }: Context,
  { id }: { id: string },
): Promise<DelegationGrantView> {
  const grant = await read.delegationGrants.find(realmOf(scope).id, id)
  if (!grant) throw new Failure('not_found')
  return DelegationGrantFields.show(grant)
}

/**
 * Revokes a grant, and the tokens that were issued by it with all that they were exchanged for. A revoked grant stays as it
 * is.
 * @throws Failure `not_found`
 */
export function revokeDelegationGrant(context: Context, { id }: { id: string }): Promise<void> {
  return context.write((unit) => revokeWithin(context, unit, id, () => true))
}

/** Revokes a grant from a person whose account it is. @throws Failure `not_found` for another grant */
export function withdrawDelegation(context: Context, { user }: SignedIn, id: string): Promise<void> {
  return context.write((unit) => revokeWithin(context, unit, id, ({ fromUserId }) => fromUserId === user.id))
}

/** Revokes a grant inside a write, if it is meant. @throws Failure `not_found` */
export async function revokeWithin(
  { scope, clock }: Context,
  unit: Unit,
  id: string,
  isMeant: (grant: DelegationGrant) => boolean,
): Promise<void> {
  const realm = realmOf(scope)
  const now = clock.now()
  const grant = await unit.delegationGrants.find(realm.id, id)
  if (!grant || !isMeant(grant)) throw new Failure('not_found')
  if (!(await unit.delegationGrants.revoke(id, now))) return
  await unit.issuances.revokeUnder(id, now)
  const named = await unit.clients.find(realm.id, grant.toClientId)
  emitEvent(unit, 'delegation_grant.revoked', grant, named?.client)
}

function checkOne(input: NewDelegationGrant, names: readonly (keyof NewDelegationGrant)[]): void {
  if (names.filter((name) => input[name] !== null).length === 1) return
  throw flawed(names[0] ?? '', `give one of ${names.join(', ')}`)
}

async function clientOf(
  { scope }: Context,
  unit: Unit,
  clientId: string | null,
  agentId: string | null,
): Promise<Client> {
  const realm = realmOf(scope)
  const found =
    agentId === null
      ? (await unit.clients.find(realm.id, clientId ?? ''))?.client
      : (await unit.agents.find(realm.id, agentId))?.client
  if (found) return found
  throw new Failure('not_found', agentId === null ? 'The client does not exist.' : 'The agent does not exist.')
}

function checkActor(to: Client, from: Client | null): void {
  if (to.authMethod === 'none')
    throw flawed('toClientId', 'the client does not authenticate, so that it cannot exchange')
  if (to.id === from?.id) throw flawed('toClientId', 'a client needs no grant for its own tokens')
  if (!to.tokenExchangeAllowed) return
  const message =
    'The client may exchange every token: a grant limits nothing. Take token_exchange_allowed from it first.'
  throw new Failure('conflict', message)
}

// The user is held: who deletes them at the same time waits, and revokes the grant too.
async function checkUser({ scope }: Context, { users }: Unit, userId: string): Promise<void> {
  const { directoryId } = realmOf(scope)
  if (!(await users.lockAll(directoryId, [userId])).has(userId)) {
    throw new Failure('not_found', 'The user does not exist.')
  }
  if (!(await users.isActive(directoryId, userId))) throw new Failure('conflict', 'The user is suspended.')
}

function emitEvent(unit: Unit, type: EventType, grant: DelegationGrant, to: Client | undefined): void {
  const { id, realmId, fromUserId, fromClientId, toClientId, hops, scopes, resources, tokenBudget, expiresAt } = grant
  unit.emit(type, {
    subject: { type: 'delegation_grant', id, ...(to && { label: to.label }) },
    realmId,
    data: {
      ...{ userId: fromUserId, fromClientId, toClientId, clientId: to?.clientId ?? null },
      ...{ hops, scopes, resources, tokenBudget },
      ...(expiresAt !== null && { expiresAt }),
    },
  })
}
