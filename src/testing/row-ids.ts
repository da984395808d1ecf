// Where ids stand in the queries and bodies of rows.

import { ID_PREFIXES, type Noun } from '#kernel/id.ts'
import type { Route } from '#surfaces/surface.ts'
import type { IdPlace } from './id-place.ts'
import { bodyOf, type JsonSchema, queryOf } from './row-schema.ts'
import { scimPlaces } from './scim-ids.ts'

/** Lists that choose among what is there, as a filter does: an id of nothing chooses nothing. */
const CHOOSES = new Set(['agent_ids'])

/** Named like ids, and given by others than this server. */
const EXTERNAL_IDS = new Set([
  'employee_id',
  'external_id',
  'entity_id',
  'client_id',
  'oidc_client_id',
  'saml_idp_entity_id',
  'team_id',
  'key_id',
  'permission_id',
])
/** Ids of whatever the log is about. */
const POLYMORPHIC_IDS = new Set(['actor_id', 'subject_id', 'resource_id', 'target_id'])
/** What is an id by another name. */
const ALIASES: Readonly<Record<string, IdPlace['noun']>> = { realm: 'issuer_id', provider_id: 'broker_provider' }

/**
 * Every place for an id in the query and the body of a row.
 * @throws Error for a member that is named like an id and does not say of what
 */
export function idPlaces(route: Route): readonly IdPlace[] {
  const found = (where: IdPlace['in'], members: Readonly<Record<string, JsonSchema>>) =>
    Object.entries(members).flatMap(([name, schema]) => placeOf(route, where, name, schema) ?? [])
  return [...found('query', queryOf(route)), ...found('body', bodyOf(route)?.properties ?? {}), ...scimPlaces(route)]
}

function placeOf(route: Route, where: IdPlace['in'], name: string, schema: JsonSchema): IdPlace | undefined {
  const noun = nounOf(schema) ?? ALIASES[name]
  const isList = schema.items !== undefined
  const put: IdPlace['put'] = ({ query, body }, id) =>
    where === 'query'
      ? { body, query: { ...query, [name]: id } }
      : { query, body: { ...body, [name]: isList ? [id] : id } }
  const asks = where === 'query' || route.operation.permission.endsWith(':read') || CHOOSES.has(name)
  const place = { name, in: where, isFilter: asks, put }
  if (noun || POLYMORPHIC_IDS.has(name)) return { ...place, noun }
  const [, word] = /^(\w+?)_ids?$/.exec(name) ?? []
  if (word === undefined || EXTERNAL_IDS.has(name)) return undefined
  if (!(word in ID_PREFIXES)) throw new Error(`${route.method} ${route.path} does not say what ${name} is the id of.`)
  return { ...place, noun: word as Noun }
}

// An id’s example begins with the prefix of its noun.
function nounOf({ example, items, anyOf = [] }: JsonSchema): Noun | undefined {
  const [, prefix] = (typeof example === 'string' && /^([a-z]+)_[0-9a-z]{26}$/.exec(example)) || []
  const own = Object.entries(ID_PREFIXES).find(([, one]) => one === prefix)?.[0] as Noun | undefined
  return own ?? [...(items ? [items] : []), ...anyOf].map(nounOf).find((noun) => noun !== undefined)
}
