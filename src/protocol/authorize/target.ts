// What is asked for: resources, scopes of them, and authorization details.
import { readDetails } from '#domain/authorization/authorization-detail.ts'
import { OPENID_SCOPES } from '#domain/authorization/authorization-request.ts'
import { clientRule, listed, profileRule } from '#domain/decision/rule.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import { checkDetails } from '#domain/resource/detail-type.ts'
import { isSameIdentifier, type Resource, resourceNamed } from '#domain/resource/resource.ts'
import { Failure } from '#kernel/error.ts'
import { refusedScope, refusedTarget } from '../resource-indicator.ts'
import { step } from './step.ts'

const RESOURCES_MAX = 10

/**
 * RFC 8707 §2.1; `audience` and a slug are understood too. The issuer stands for the realm itself, but in an admin
 * realm, whose clients get tokens for the admin API and for nothing else.
 */
export const resources = step({
  reads: ['resource', 'audience'],
  needs: [],
  gives: ['resources'],
  take(parameters, { context, client, issuer, profile, resources: known }) {
    const asked = new Set([...parameters.all('resource'), ...parameters.all('audience')])
    const realm = realmOf(context.scope)
    const isAdmin = realm.kind === 'admin'
    for (const name of asked) if (!isAdmin && isSameIdentifier(name, issuer)) asked.delete(name)
    if (isAdmin && asked.size === 0) for (const audience of client.audiences) asked.add(audience)
    if (asked.size > RESOURCES_MAX) throw new Failure('invalid_target', `Ask for at most ${RESOURCES_MAX} resources.`)
    if (asked.size === 0 && profile.resourceIndicator === 'required') {
      const rule = profileRule(realm, client, profile, 'resourceIndicator')
      throw new Failure('invalid_target', { message: 'Say which resource the token is for.', rule })
    }
    const found = [...asked].map((name) => {
      const resource = resourceNamed(known, name)
      if (resource?.status === 'active' && client.audiences.includes(resource.identifier)) return resource.identifier
      throw refusedTarget(name, clientRule(client, 'audiences', name))
    })
    return { resources: [...new Set(found)] }
  },
})

/** RFC 6749 §3.3. A scope that some resource declares is worth nothing unless that resource is asked for. */
export const scopes = step({
  reads: ['scope'],
  needs: ['resources'],
  gives: ['scopes'],
  take(parameters, { client, context, profile, resources: known }, { resources: asked }) {
    const given = [...new Set((parameters.get('scope') ?? '').split(' ').filter(Boolean))]
    const may = given.filter((scope) => client.scopes.includes(scope))
    const unknown = given.find((scope) => !client.scopes.includes(scope))
    const refuses = profile.unknownScopes === 'refused' || realmOf(context.scope).policy.unknownScopes === 'refuse'
    if (unknown !== undefined && (refuses || may.length === 0)) {
      throw refusedScope(unknown, 'is not one of the scopes of the client', clientRule(client, 'scopes', unknown))
    }
    const stray = may.find((scope) => {
      if (OPENID_SCOPES.has(scope)) return false
      const owners = [...known.values()].filter((resource) => declares(resource, scope))
      return owners.length > 0 && !owners.some(({ identifier }) => asked.includes(identifier))
    })
    if (stray === undefined) return { scopes: may }
    const rule = { policy: 'resource.scopes', value: `of ${listed(asked)}`, given: stray }
    throw refusedScope(stray, 'is not one of the requested resource', rule)
  },
})

/** RFC 9396 §2, §5. A detail is worth nothing unless the resource that declares its type is asked for. */
export const details = step({
  reads: ['authorization_details'],
  needs: ['resources'],
  gives: ['details'],
  async take(parameters, { client, resources: known }, { resources: asked }) {
    const text = parameters.get('authorization_details')
    if (text === undefined) return { details: [] }
    const given = readDetails(text)
    await checkDetails(
      given,
      client,
      asked.flatMap((identifier) => known.get(identifier) ?? []),
    )
    return { details: given }
  },
})

function declares({ scopes: declared }: Resource, scope: string): boolean {
  return declared.some(({ name }) => name === scope)
}
