// By which delegation grants a token is exchanged, and what they leave of it. They are checked at every hop: what a grant
// limits is passed on from token to token.
import type { RegisteredClient } from '#domain/client/client.ts'
import { type Delegated, type DelegationGrant, isUsedUp } from '#domain/delegation-grant/delegation-grant.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import type { ReadContext } from '../read-context.ts'
import { type Actor, isOwn } from './exchange-actor.ts'
import type { SubjectToken } from './exchange-subject.ts'
import { both, type Consume, invalidGrant, refuse } from './grant.ts'

/** What grants say about an exchange. */
export interface Granted {
  /** Whether a grant allows the client to exchange the token. */
  readonly isGranted: boolean
  /** What the new token passes on; null where no grant is involved. Its scopes are a limit where the token has none of the resource. */
  readonly under: Delegated | null
  /** The resources that the grant by which the client may act names. */
  readonly named: readonly string[]
  /** The scopes that the grants allow; null for all. Where they are limited, the token has no authorization details. */
  readonly scopes: readonly string[] | null
  /** When the grant expires. Milliseconds since 1970. */
  readonly expiresAt: number
  /** Takes a token of the budget inside the write. */
  readonly consume: Consume | null
}

const NONE: Granted = {
  isGranted: false,
  under: null,
  named: [],
  scopes: null,
  expiresAt: Number.POSITIVE_INFINITY,
  consume: null,
}

/**
 * The grants that apply: those by which the token was issued, and one by which the client may act. It is from the person, or
 * from the client that holds the token. A client that may exchange every token needs none.
 * @throws Failure `invalid_grant` where a grant allows no further actor, or is used up
 */
export async function grantedBy(
  context: ReadContext,
  client: RegisteredClient,
  token: SubjectToken,
  actor: Actor,
): Promise<Granted> {
  if (token.isAllowed) return { ...NONE, isGranted: true }
  const before = await delegatedTo(context, token)
  if (isOwn(token, client, actor)) {
    if (!before) return NONE
    return { ...NONE, isGranted: true, under: before, consume: takingOf(before.grantId) }
  }
  if (before?.hopsLeft === 0) throw invalidGrant('delegation_hops_used')
  const grant = client.tokenExchangeAllowed || actor.isPerson ? undefined : await grantTo(context, client, token)
  if (!grant) {
    if (!before) return NONE
    return { ...NONE, under: { ...before, grantId: null, hopsLeft: before.hopsLeft - 1 } }
  }
  const hopsLeft = Math.min(before ? before.hopsLeft - 1 : Number.POSITIVE_INFINITY, grant.hops - 1)
  return {
    isGranted: true,
    under: {
      ...{ grantId: grant.id, hopsLeft },
      resources: both(before?.resources ?? null, grant.resources),
      scopes: both(before?.scopes ?? null, grant.scopes),
    },
    named: grant.resources ?? [],
    scopes: grant.scopes,
    expiresAt: grant.expiresAt ?? Number.POSITIVE_INFINITY,
    consume: takingOf(grant.id),
  }
}

/** What the token passes on. A token without actors was not issued by a grant: a grant names its actor. */
async function delegatedTo({ read }: ReadContext, { parent, act }: SubjectToken): Promise<Delegated | undefined> {
  return parent !== null && act !== undefined ? read.delegationGrants.delegated(parent) : undefined
}

async function grantTo(
  { read, scope, clock }: ReadContext,
  client: RegisteredClient,
  { subject, holder }: SubjectToken,
): Promise<DelegationGrant | undefined> {
  const from = { userId: subject?.userId ?? null, clientId: holder?.id ?? null }
  // A token lives whole seconds, so a grant ends with the last one before its expiry.
  const endOfSecond = Math.floor(clock.now() / 1000) * 1000 + 999
  const grant = await read.delegationGrants.applicable(realmOf(scope).id, client.id, from, endOfSecond)
  if (grant && isUsedUp(grant)) throw invalidGrant('delegation_ended')
  return grant
}

function takingOf(grantId: string | null): Consume | null {
  if (grantId === null) return null
  return async (unit, now) => ((await unit.delegationGrants.use(grantId, now)) ? undefined : refuse('delegation_ended'))
}
