// Derives the commands from the rows of the native API. It runs only when catalog.json is written.

import { columnOf } from '#kernel/declaration.ts'
import { EVENTS } from '#kernel/event.ts'
import type { Route } from '#surfaces/surface.ts'
import type { Command } from './catalog.ts'
import { type Flag, flagName, flagOf, flagsOf } from './flags.ts'
import { type JsonSchema, withoutNull } from './json-schema.ts'

interface Parameter {
  readonly name: string
  readonly in: string
  readonly required?: boolean
  readonly description?: string
  readonly schema: JsonSchema
}

interface RowDescription {
  readonly parameters: readonly Parameter[]
  readonly requestBody: JsonSchema | undefined
}

const REALM = 'issuer_id'
const REALM_EXAMPLE = 'k3v9x0q2m8ta'
// Members that a table does not show: they are for programs, or the same in every row.
const NO_COLUMNS = new Set([
  'version',
  'updated_at',
  'tenant_id',
  'hash',
  'user_agent',
  'request_id',
  'discovery_url',
  'realm_id',
  'certificates',
])

/** The text of catalog.json: one line for each command. */
export function renderCatalog(commands: readonly Command[]): string {
  return `[\n${commands.map((command) => JSON.stringify(command)).join(',\n')}\n]\n`
}

/**
 * The commands of a table of routes; `client.rotate_secret` becomes `client rotate-secret`. If an operation has several
 * paths, its command uses the first one.
 */
export function buildCatalog(routes: readonly Route[]): Command[] {
  const first = new Map(routes.toReversed().map((route) => [route.operation.name, route]))
  const described = routes
    .filter((route) => first.get(route.operation.name) === route)
    .map((route) => ({ route, reply: replyOf(route) }))
  const nounMembers: NounMembers = new Map(
    described.flatMap(({ route, reply }) => {
      const [noun = '', verb] = route.operation.name.split('.')
      return verb === 'get' ? [[noun, reply.members]] : []
    }),
  )
  return described.map(({ route, reply }) => commandOf(route, reply, nounMembers))
}

/** Query parameters that are not flags: --tenant selects the tenant, and lists are read by cursors. */
const NO_FLAG = new Set(['tenant_id', 'offset', 'include'])

/** The members that `get` returns for each noun, by the noun’s name in operations. */
type NounMembers = ReadonlyMap<string, Reply['members']>

interface Reply {
  readonly answers: Command['answers']
  /** The members that every response has. */
  readonly required: readonly string[]
  readonly members: Readonly<Record<string, JsonSchema>>
}

function replyOf(route: Route): Reply {
  const schema = route.describe().reply as JsonSchema | undefined
  if (schema === undefined) return { answers: 'nothing', required: [], members: {} }
  const { data, next_cursor: cursor } = schema.properties ?? {}
  // Some lists have no pages: what they answer has no other member.
  const isAll = Object.keys(schema.properties ?? {}).length === 1
  if (data?.items?.properties && (cursor || isAll)) {
    return { answers: 'list', required: [], members: data.items.properties ?? {} }
  }
  const answers = 'follow' in route.operation ? 'stream' : 'item'
  return { answers, required: schema.required ?? [], members: schema.properties ?? {} }
}

function commandOf(route: Route, { answers, required, members }: Reply, nounMembers: NounMembers): Command {
  const { operation, method, path } = route
  const [noun = '', verb = ''] = operation.name.split('.')
  const { parameters, requestBody } = route.describe() as unknown as RowDescription
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
  const itself = inPath.at(-1) === REALM && path.endsWith(`{${REALM}}`)
  const query = parameters.filter(({ in: place, name }) => place === 'query' && !NO_FLAG.has(name))
  const shows = Object.keys(members)
  const pageMost = query.some(({ name }) => name === 'cursor') ? limitOf(query) : undefined
  const [event] = operation.events
  const arguments_ = inPath.filter((name) => name !== REALM || itself)
  const own = noun === 'realm' ? REALM : 'id'
  const secrets = method === 'GET' ? [] : shownOnce(shows, Object.keys(nounMembers.get(noun) ?? {}))
  const makesSecret = secrets.some((name) => required.includes(name) || verb === 'rotate_secret')
  return {
    noun: flagName(noun),
    verb: flagName(verb),
    method,
    path,
    summary: operation.summary,
    ...(operation.description && { description: operation.description }),
    permission: operation.permission,
    reach: operation.reach,
    events: operation.events,
    ...(operation.irreversible && { irreversible: finalOf(operation.irreversible) }),
    parameters: arguments_.map((name) => ({ name, example: exampleOf(name, noun, nounMembers) })),
    ...(inPath.includes(REALM) && !itself && { inRealm: true }),
    ...(parameters.some(({ name }) => name === 'tenant_id') && { takesTenant: true }),
    ...(parameters.some(({ name }) => name === 'If-Match') && { takesIfMatch: true }),
    ...(requestBody && { takesBody: true }),
    flags: requestBody
      ? flagsOf(requestBody)
      : query.map((parameter) => flagOfParameter(parameter, pageMost !== undefined)),
    answers,
    ...(pageMost !== undefined && { pageMost }),
    shows,
    columns: columnsOf(members),
    shownOnce: secrets,
    ...(makesSecret && { makesSecret }),
    key: own in members ? own : (shows[0] ?? own),
    ...(answers === 'nothing' && { done: event ? EVENTS[event] : 'Done.' }),
  }
}

/** What an operation says of its effect, with the name that the API gives the member. */
function finalOf(irreversible: NonNullable<Route['operation']['irreversible']>): NonNullable<Command['irreversible']> {
  if (irreversible === true) return true
  return 'if' in irreversible ? { if: columnOf(irreversible.if) } : { unless: columnOf(irreversible.unless) }
}

function limitOf(query: readonly Parameter[]): number {
  return query.find(({ name }) => name === 'limit')?.schema.maximum ?? 1
}

function flagOfParameter({ name, required, description, schema }: Parameter, paged: boolean): Flag {
  // The command line fetches several pages, so the limit can be larger than a page.
  const limits = name === 'limit' && paged ? { ...schema, maximum: Number.MAX_SAFE_INTEGER } : schema
  return flagOf(name, { ...limits, ...(description && { description }) }, required === true)
}

/** What a response says of the request itself. */
const REMARKS = 'notices'

/** The members that a response has in addition to those of `get`: new secrets, which are shown only once. */
function shownOnce(shows: readonly string[], known: readonly string[]): string[] {
  if (known.length === 0 || !known.every((name) => shows.includes(name))) return []
  return shows.filter((name) => name !== REMARKS && !known.includes(name))
}

/** An example of a path parameter: `id` is an id of the noun, `child_group_id` the id of a group. */
function exampleOf(parameter: string, noun: string, nounMembers: NounMembers): string {
  if (parameter === REALM) return REALM_EXAMPLE
  const other = [...nounMembers.keys()].find((name) => parameter.endsWith(`${name}_id`))
  const example = nounMembers.get(parameter === 'id' ? noun : (other ?? ''))?.id?.example
  return typeof example === 'string' ? example : parameter
}

function columnsOf(members: Readonly<Record<string, JsonSchema>>): string[] {
  return Object.entries(members)
    .filter(([name, part]) => !NO_COLUMNS.has(name) && fitsCell(withoutNull(part).schema))
    .map(([name]) => name)
}

function fitsCell({ type, items, properties }: JsonSchema): boolean {
  if (type === 'array') return items?.properties === undefined
  if (type !== 'object') return true
  // A reference to another object: a cell shows its name, or its type and id.
  return properties !== undefined && 'id' in properties
}
