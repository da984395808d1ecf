// Where ids stand in the queries and bodies of rows.
import { ID_PREFIXES, type Noun } from '#kernel/id.ts'
import type { Route } from '#surfaces/surface.ts'
import { bodyOf, type JsonSchema, queryOf } from './row-schema.ts'
import { scimPlaces } from './scim-ids.ts'

/** What is sent besides the path. */
export interface Sent {
  readonly query: Readonly<Record<string, string>>
  readonly body: object | undefined
}

/** One place for an id in a query or a body. */
export interface IdPlace {
  /** What it is called there. */
  readonly name: string
  readonly in: 'query' | 'body'
  /** Of what it is; `issuer_id` for what URLs call a realm, undefined where it may be anything’s. */
  readonly noun: Noun | 'issuer_id' | undefined
  /** Whether an id of nothing is passed over instead of refused, as by a filter. */
  readonly isPassedOver: boolean
  readonly put: (sent: Sent, id: string) => Sent
}

/** Named like ids, and given by others than this server. */
const OTHERS = new Set(['employee_id', 'external_id', 'entity_id', 'client_id'])
/** Ids of whatever the log is about. */
const OF_ANYTHING = new Set(['actor_id', 'subject_id', 'resource_id'])
/** What is an id by another name. */
const BY_ANOTHER_NAME: Readonly<Record<string, IdPlace['noun']>> = { realm: 'issuer_id' }

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
  const noun = nounOf(schema) ?? BY_ANOTHER_NAME[name]
  const isList = schema.items !== undefined
  const put: IdPlace['put'] = ({ query, body }, id) =>
    where === 'query'
      ? { body, query: { ...query, [name]: id } }
      : { query, body: { ...body, [name]: isList ? [id] : id } }
  const asks = where === 'query' || route.operation.permission.endsWith(':read')
  const place = { name, in: where, isPassedOver: asks, put }
  if (noun || OF_ANYTHING.has(name)) return { ...place, noun }
  const [, word] = /^(\w+?)_ids?$/.exec(name) ?? []
  if (word === undefined || OTHERS.has(name)) return undefined
  if (!(word in ID_PREFIXES)) throw new Error(`${route.method} ${route.path} does not say what ${name} is the id of.`)
  return { ...place, noun: word as Noun }
}

// An id’s example begins with the prefix of its noun.
function nounOf({ example, items, anyOf = [] }: JsonSchema): Noun | undefined {
  const [, prefix] = (typeof example === 'string' && /^([a-z]+)_[0-9a-z]{26}$/.exec(example)) || []
  const own = Object.entries(ID_PREFIXES).find(([, one]) => one === prefix)?.[0] as Noun | undefined
  return own ?? [...(items ? [items] : []), ...anyOf].map(nounOf).find((noun) => noun !== undefined)
}
