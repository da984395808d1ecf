// The resource and the scopes of an access token (RFC 8707, RFC 6749 §3.3).
import { OPENID_SCOPES } from '#domain/authorization/authorization-request.ts'
import { askable, usesEvery } from '#domain/client/askable.ts'
import type { Client, RegisteredClient } from '#domain/client/client.ts'
import type { Context } from '#domain/context.ts'
import { listed } from '#domain/decision/rule.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import { issuerOf } from '#domain/realm/realm.ts'
import { isSameIdentifier, type Resource, resourceNamed } from '#domain/resource/resource.ts'
import type { TokenFamily } from '#domain/token-family/token-family.ts'
import { Failure, type Rule } from '#kernel/error.ts'
import { PLATFORM } from '#kernel/id.ts'
import type { Parameters } from '#web/parameters.ts'
import type { ReadContext } from './read-context.ts'

/**
 * What a token request asks for by `resource` (RFC 8707 §2.2) or `audience` (RFC 8693 §2.1).
 * @throws Failure `invalid_target` for several
 */
export function askedTarget(form: Parameters): string | undefined {
  const asked = new Set([...form.all('resource'), ...form.all('audience')])
  if (asked.size > 1) throw new Failure('invalid_target', 'Ask for one resource at a time.')
  return asked.values().next().value
}

/**
 * The resource that a token request asks for (RFC 8707 §2.2; `audience` and a slug are understood too).
 * @param allowed identifiers, those of the client or of what the user granted
 * @returns undefined for the realm itself
 * @throws Failure `invalid_target` for an unknown or foreign resource, several, or none where there is a choice
 */
export async function requestedResource(
  { registry, scope }: Context,
  form: Parameters,
  allowed: readonly string[],
): Promise<Resource | undefined> {
  const wanted = askedTarget(form)
  const known = await registry.resources(scope.tenantId)
  const mayHaveEach = usesEvery(allowed)
  if (wanted === undefined) {
    if (mayHaveEach) return undefined
    if (allowed.length > 1) throw new Failure('invalid_target', 'Say which resource the token is for.')
    return allowed[0] === undefined ? undefined : usable(known.get(allowed[0]))
  }
  // The clients of an admin realm get tokens for the admin API and for nothing else.
  const realm = realmOf(scope)
  if (isSameIdentifier(wanted, issuerOf(realm, registry.settings)) && realm.kind !== 'admin') return undefined
  const resource = resourceNamed(known, wanted)
  const isAllowed = resource && (allowed.includes(resource.identifier) || (mayHaveEach && resource.id !== PLATFORM))
  if (!resource || !isAllowed) {
    throw refusedTarget(wanted, { policy: 'allowed resources', value: listed(allowed), given: wanted })
  }
  return usable(resource)
}

/** The failure about a resource that is unknown, or that the client may not ask for. */
export function refusedTarget(name: string, rule: Rule): Failure {
  const message = `The client cannot get tokens for the resource ${shown(name)}.`
  return new Failure('invalid_target', { message, rule })
}

/** The failure about a scope. @param why what is wrong with it, after “The scope x ” */
export function refusedScope(name: string, why: string, rule: Rule): Failure {
  return new Failure('invalid_scope', { message: `The scope ${shown(name)} ${why}.`, rule })
}

/** A value of a request as an error names it. */
export function shown(value: string): string {
  return value.length > 100 ? `${value.slice(0, 100)}...` : value
}

function usable(resource: Resource | undefined): Resource {
  if (resource?.status === 'active') return resource
  throw new Failure('invalid_target', `The resource ${resource?.identifier ?? ''} is not available.`.replace('  ', ' '))
}

/**
 * The scopes that a token for a resource gets.
 * @param asked the `scope` parameter; undefined for all that is allowed
 * @param allowed what the client may ask for, or what the user granted
 * @throws Failure `invalid_scope` where more is asked
 */
export function grantedScopes(
  asked: string | undefined,
  allowed: readonly string[],
  resource: Resource | undefined,
): string[] {
  const offered = resource && resource.scopes.length > 0 ? new Set(resource.scopes.map(({ name }) => name)) : undefined
  const fits = (scope: string) => OPENID_SCOPES.has(scope) || !offered || offered.has(scope)
  const possible = allowed.filter(fits)
  if (asked === undefined) return possible
  const wanted = [...new Set(asked.split(' ').filter(Boolean))]
  const refused = wanted.find((scope) => !possible.includes(scope))
  if (refused === undefined) return wanted
  const rule = { policy: 'allowed scopes', value: listed(possible), given: refused }
  throw refusedScope(refused, 'is not allowed for this client and resource', rule)
}

/**
 * The part of the resources that a grant found that the client is still registered for.
 * @param granted identifiers, empty for the realm itself; `*` stands for the client’s own and for nothing more
 * @param known the resources of the tenant by identifier
 * @throws Failure `invalid_target` where no resource is left: an empty list would stand for the realm itself
 */
export function stillAllowed(
  client: Client,
  granted: readonly string[],
  known: ReadonlyMap<string, Resource>,
): readonly string[] {
  if (usesEvery(granted)) return client.audiences
  const { audiences } = askable(client, known)
  const resources = granted.filter((identifier) => audiences.includes(identifier))
  if (resources.length === 0 && granted.length > 0) throw new Failure('invalid_target')
  return resources
}

/** What a client may ask for on its own behalf: nothing that speaks of a person. */
export function ownScopes(client: Client): string[] {
  return client.scopes.filter((scope) => !OPENID_SCOPES.has(scope))
}

/**
 * The resources of a family that were not removed since, from the server or from the client. One that was deleted and made
 * again is another one. Clients forget a refresh token at `invalid_grant` only, so that what stays refused is this error; a
 * suspended resource is refused later, by one after which the client goes on.
 */
export async function resourcesLeft(
  { registry, scope }: ReadContext,
  client: RegisteredClient,
  { resources, createdAt }: TokenFamily,
): Promise<string[]> {
  const known = await registry.resources(scope.tenantId)
  const { audiences } = askable(client, known)
  return resources.filter((identifier) => {
    const resource = known.get(identifier)
    if (!resource || resource.createdAt > createdAt) return false
    return resource.status !== 'active' || audiences.includes(identifier)
  })
}
