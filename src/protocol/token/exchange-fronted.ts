// Fronting links in token exchange: a gateway exchanges tokens for itself for tokens for a resource behind it.
import type { RegisteredClient } from '#domain/client/client.ts'
import { type FrontingLink, mappedScopes } from '#domain/fronting-link/fronting-link.ts'
import { type Resource, resourceNamed } from '#domain/resource/resource.ts'
import { Failure } from '#kernel/error.ts'
import type { ReadContext } from '../read-context.ts'
import type { SubjectToken } from './exchange-subject.ts'
import { type Consume, refuse, scopesAt } from './grant.ts'

/** An exchange by a fronting link. */
export interface Fronted {
  readonly link: FrontingLink
  readonly target: Resource
  /** The scopes of the target that the scopes of the token are mapped to. */
  readonly scopes: readonly string[]
}

/**
 * The link by which a token is exchanged; undefined where none leads from its resource to the one that is asked for, and
 * where the client exchanges a token of its own authorization, or by a delegation grant, for that one.
 * @param own whether it was issued to the client that exchanges it
 * @param asked what the request names
 * @param named the resources that a delegation grant names: the client needs no link for them
 * @throws Failure `invalid_target` for a client that is not the gateway, `invalid_scope` where the token gives nothing there
 */
export async function frontedBy(
  { read, registry, scope }: ReadContext,
  client: RegisteredClient,
  token: SubjectToken,
  {
    own,
    asked,
    named,
  }: { readonly own: boolean; readonly asked: string | undefined; readonly named: readonly string[] },
): Promise<Fronted | undefined> {
  if (asked === undefined || token.audience === null) return undefined
  const known = await registry.resources(scope.tenantId)
  const [source, target] = [known.get(token.audience), resourceNamed(known, asked)]
  if (!source || !target || source.id === target.id) return undefined
  if (own && token.isFirst && token.resources.includes(target.identifier)) return undefined
  const link = await read.frontingLinks.between({ sourceId: source.id, targetId: target.id })
  if (!link) return undefined
  const isGranted = named.includes(target.identifier)
  if (source.status !== 'active' || !isGateway(client, source, target)) {
    if (isGranted) return undefined
    const message = 'Only the gateway of the resource can exchange its tokens for this one.'
    throw new Failure('invalid_target', { message, reason: 'not_the_gateway' })
  }
  const scopes = mappedScopes(link, scopesAt(token.scopes, source))
  if (!scopes.some((each) => client.scopes.includes(each))) {
    if (isGranted) return undefined
    const message = 'The token has no scope that gives one of this resource.'
    throw new Failure('invalid_scope', { message, reason: 'link_maps_no_scope' })
  }
  return { link, target, scopes }
}

/** The clients that are the source, and those that the target names. */
function isGateway({ id }: RegisteredClient, source: Resource, target: Resource): boolean {
  return source.runtimeClients.includes(id) || target.exchangeClients.includes(id)
}

/** Holds inside the write that the link is as it was read. @param further what is checked besides */
export function linkHeld({ link }: Fronted, further: Consume | null): Consume {
  return async (unit, now) => {
    const current = await unit.frontingLinks.between(link)
    if (current?.id !== link.id || current.version !== link.version) return refuse('not_valid_any_more')
    return further?.(unit, now)
  }
}
