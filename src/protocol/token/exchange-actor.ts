// Who acts for the subject of a token that is exchanged, and what allows it (RFC 8693 §1.1, §4.1, §4.4).
import type { RegisteredClient } from '#domain/client/client.ts'
import { refusedGrant } from '#domain/client/refused-grant.ts'
import { clientRule } from '#domain/decision/rule.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import { issuerOf } from '#domain/realm/realm.ts'
import type { Confirmation } from '#domain/token-family/token-family.ts'
import { Failure } from '#kernel/error.ts'
import { type Bound, isSameKey } from '../binding/binding.ts'
import { liveToken } from '../live.ts'
import type { ReadContext } from '../read-context.ts'
import type { Fronted } from './exchange-fronted.ts'
import { ACCESS_TOKEN, type SubjectToken } from './exchange-subject.ts'
import { type Act, invalidGrant } from './grant.ts'

export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'

/** Who acts: the client itself, or the person whose token it presents besides. */
export interface Actor {
  readonly sub: string
  /** The key of the actor token. */
  readonly bound: Confirmation | undefined
  /** The `jti` of the actor token; null where the client presents none. */
  readonly token: string | null
  readonly isPerson: boolean
}

/**
 * The actor: the client, also where it presents an access token of its own; or the person of such a token.
 * @throws Failure `invalid_request` for a token type that does not fit, `invalid_grant` for a token that is not the client’s
 */
export async function actorOf(
  context: ReadContext,
  client: RegisteredClient,
  {
    actor_token: token,
    actor_token_type: type,
  }: { actor_token?: string | undefined; actor_token_type?: string | undefined },
): Promise<Actor> {
  if (token === undefined && type === undefined)
    return { sub: client.clientId, bound: undefined, token: null, isPerson: false }
  if (token === undefined || type !== ACCESS_TOKEN) {
    throw new Failure('invalid_request', 'Send actor_token with actor_token_type, which is that of an access token.')
  }
  const live = await liveToken(context, token)
  if (live?.issued.clientId !== client.id) throw invalidGrant('actor_token_invalid')
  const { claims, issued } = live
  // Who acts by a chain of others is none that a token can be handed to.
  if (claims.act !== undefined) throw invalidGrant('actor_token_invalid')
  const bound = claims.cnf as Confirmation | undefined
  return { sub: String(claims.sub), bound, token: issued.id, isPerson: issued.userId !== null }
}

/** Whether the client that exchanges a token is the one that it was issued to, and hands it to nobody. */
export function isOwn({ holder }: SubjectToken, client: RegisteredClient, actor: Actor): boolean {
  return holder?.id === client.id && !actor.isPerson
}

/**
 * The resources that the token can be exchanged for, as far as the token, the client and the resources allow that: the one
 * that it is for, those that the grant names, those that name the client, and for its own client all of the authorization.
 * @throws Failure `unauthorized_client` where nothing allows it, `invalid_target` for resources that do not, `invalid_grant`
 *   where the token is for another actor or must not be handed on
 */
export async function allowedResources(
  context: ReadContext,
  client: RegisteredClient,
  token: SubjectToken,
  {
    actor,
    isGranted,
    ofGrant,
    fronted,
  }: {
    readonly actor: Actor
    readonly isGranted: boolean
    readonly ofGrant: readonly string[]
    readonly fronted: Fronted | undefined
  },
): Promise<readonly string[]> {
  const named = isNamed(context, token, actor)
  if (fronted) return [fronted.target.identifier]
  if (isOwn(token, client, actor)) {
    if (!client.tokenExchangeAllowed && !isGranted) throw refusedExchange(client)
    return token.isFirst ? token.resources : token.resources.filter((identifier) => identifier === token.audience)
  }
  checkHandedOn(context, token)
  const isAllowed = client.tokenExchangeAllowed || isGranted || named
  const known = await context.registry.resources(context.scope.tenantId)
  const left = token.resources.filter((identifier) => {
    const { exchangeClients: listed = [], runtimeClients = [] } = known.get(identifier) ?? {}
    const isFor = token.audience === null || token.audience === identifier
    if (!isFor && !ofGrant.includes(identifier) && !listed.includes(client.id)) return false
    if (isFor && runtimeClients.includes(client.id)) return true
    return listed.length === 0 ? isAllowed : listed.includes(client.id)
  })
  if (left.length > 0) return left
  if (!isAllowed) throw refusedExchange(client)
  throw new Failure('invalid_target', 'The token is for no resource that this client can exchange it for.')
}

/**
 * Whether the token names the actor by `may_act` (RFC 8693 §4.4); false where it names nobody, and the actor is a client.
 * @throws Failure `invalid_grant` where it names another one
 */
export function isNamed({ registry, scope }: ReadContext, { mayAct }: SubjectToken, actor: Actor): boolean {
  const named = namedBy(mayAct, actor, issuerOf(realmOf(scope), registry.settings))
  if (named === false || (actor.isPerson && !named)) throw invalidGrant('actor_not_allowed')
  return named === true
}

/** Refuses a token for the admin API: it is handed on to nobody. @throws Failure `invalid_grant` */
export function checkHandedOn({ registry }: ReadContext, { audience }: SubjectToken): void {
  if (audience === registry.settings.adminUrl) throw invalidGrant('actor_not_allowed')
}

/** Whether the token names the actor; undefined where it names nobody. */
function namedBy(mayAct: unknown, { sub }: Actor, issuer: string): boolean | undefined {
  if (mayAct === undefined) return undefined
  if (typeof mayAct !== 'object' || mayAct === null) return false
  const named = mayAct as { readonly sub?: unknown; readonly iss?: unknown }
  return named.sub === sub && (named.iss === undefined || named.iss === issuer)
}

function refusedExchange(client: RegisteredClient): Failure {
  return refusedGrant(TOKEN_EXCHANGE, client, clientRule(client, 'tokenExchangeAllowed'))
}

/**
 * The chain of actors of the new token. A client that may impersonate is left out of it, but never those before it.
 * @throws Failure `invalid_grant` for a chain that is too long
 */
export function chainOf(
  { scope }: ReadContext,
  client: RegisteredClient,
  { token, actor, isGranted }: { readonly token: SubjectToken; readonly actor: Actor; readonly isGranted: boolean },
): Act | undefined {
  const before = token.act
  const isImpersonating = client.impersonationAllowed && !actor.isPerson && !isGranted
  if (isOwn(token, client, actor) || isImpersonating) return before
  const act: Act = { sub: actor.sub, ...(before && { act: before }) }
  const { delegationDepth } = realmOf(scope).policy
  if (depthOf(act) <= delegationDepth) return act
  throw invalidGrant('actor_chain_too_long', `The chain of actors is longer than ${delegationDepth}.`)
}

/** The number of actors. */
export function depthOf(act: Act | undefined): number {
  let depth = 0
  for (let each = act; each; each = each.act) depth++
  return depth
}

/**
 * What the client has to prove. A bound token never becomes a bearer token: its own client proves the same key; another
 * client proves its own key, or the same one where the realm asks for that.
 * @throws Failure `invalid_grant` where subject and actor token are bound to two keys
 */
export function boundOf(
  { scope }: ReadContext,
  { token, actor, isOwn: own }: { readonly token: SubjectToken; readonly actor: Actor; readonly isOwn: boolean },
): Bound {
  const needsSame = own || realmOf(scope).policy.exchangeProof === 'token_key'
  if (token.bound && needsSame && actor.bound && !isSameKey(token.bound, actor.bound)) throw invalidGrant('other_key')
  if (token.bound && needsSame) return token.bound
  return actor.bound ?? (token.bound ? 'any_key' : null)
}
