// Finds the id of an object by what people know of it: a client id, an e-mail address, a slug, a name.
import { ApiRefusal, type ApiRequest, call } from './api.ts'
import type { Command } from './catalog.ts'
import { usage } from './failure.ts'
import type { Target } from './target.ts'
import { harmless } from './text.ts'

type Thing = Readonly<Record<string, unknown>>

/** The members by which people know an object, by noun. Each names one object, or the command says which ones it found. */
const KNOWN_BY: Readonly<Record<string, readonly string[]>> = {
  partner: ['slug', 'name'],
  tenant: ['slug', 'name'],
  realm: ['name'],
  project: ['slug', 'name'],
  user: ['email'],
  group: ['name'],
  organization: ['slug', 'name'],
  role: ['name'],
  application: ['name'],
  client: ['client_id', 'label'],
  resource: ['identifier', 'slug'],
  agent: ['client_id', 'name'],
  'identity-provider': ['name'],
  'broker-provider': ['slug'],
  key: ['kid'],
  administrator: ['email'],
  'admin-client': ['client_id', 'label'],
  webhook: ['url'],
  'api-key': ['name', 'prefix'],
  'initial-access-token': ['name'],
  flow: ['name'],
  'trusted-issuer': ['name'],
  'proxy-site': ['public_url'],
  'proxy-rule': ['name'],
  directory: ['name'],
}
const ISSUER_ID = /^([a-z0-9]{12}|default)$/
const ID = /^[a-z]{3}_[0-9a-z]{26}$/
const PAGE = 200
/** How many objects of a list without a search are read at most. */
const READ_MOST = 2000

/** What is needed to ask the server. */
export interface Asking {
  readonly catalog: readonly Command[]
  readonly target: Target
  readonly agent: string
  readonly realm: string
  readonly tenant: string | undefined
}

/** Whether a text is an id of the server. */
export function isId(text: string | undefined): boolean {
  return text !== undefined && ID.test(text)
}

/** By what an object of a noun can be named in a command, besides its id. */
export function knownBy(noun: string): readonly string[] {
  return KNOWN_BY[noun] ?? []
}

/** The noun whose objects a path parameter names: `{user_id}` a user, `{id}` the command's own. */
export function nounOf(parameter: string, command: Pick<Command, 'noun' | 'path'>): string {
  const other = parameter === 'issuer_id' ? 'realm' : parameter.replace(/_?ids?$/, '').replaceAll('_', '-')
  if (other === '') {
    const collection = command.path.match(/\/([a-z-]+)\/\{id\}/)?.[1] ?? command.noun
    return collection === 'api-clients' ? 'admin-client' : collection.replace(/ies$/, 'y').replace(/s$/, '')
  }
  if (other === 'provider' && command.noun === 'connection') return 'broker-provider'
  return other.replace(/^(child|from|to)-/, '')
}

/**
 * The id of the object that a text names. A text that is an id, or that names nothing, stays as it is, and the server
 * answers to it.
 * @throws CommandFailure where several objects have the name
 */
export async function findId(noun: string, text: string, asking: Asking): Promise<string> {
  const members = knownBy(noun)
  const command = asking.catalog.find((each) => each.noun === noun && each.verb === 'list')
  if (!command || members.length === 0 || ID.test(text) || text === '') return text
  const found = await matchesOf(command, members, text, asking)
  for (const member of members) {
    const named = found.filter((thing) => isSame(thing[member], text))
    const [only] = named
    if (named.length > 1) {
      const ids = named.map((thing) => harmless(String(thing[command.key]))).join(', ')
      throw usage(`Several objects have the ${member.replaceAll('_', ' ')} ${harmless(text)}: ${ids}.`, 'Use an id.')
    }
    if (only) return String(noun === 'realm' ? only.issuer_id : only.id)
  }
  return text
}

/**
 * The issuer id of the realm that a text names. What has the form of an issuer id is one, and a caller who may not see realms
 * names one by it.
 * @throws CommandFailure where several realms have the name
 */
export async function findRealm(text: string, asking: Asking): Promise<string> {
  if (ISSUER_ID.test(text)) return text
  try {
    return await findId('realm', text, asking)
  } catch (error) {
    if (error instanceof ApiRefusal && (error.status === 403 || error.status === 404)) return text
    throw error
  }
}

function isSame(value: unknown, text: string): boolean {
  return typeof value === 'string' && value.toLowerCase() === text.toLowerCase()
}

/** The objects of a noun within reach, at most {@link READ_MOST}. @throws CommandFailure */
export async function listed(noun: string, asking: Asking): Promise<Thing[]> {
  const command = asking.catalog.find((each) => each.noun === noun && each.verb === 'list')
  if (!command) throw new Error(`There is no command ${noun} list.`)
  return allOf(asker(command, asking))
}

/** The objects that may have the name: what a search or a filter of the server finds, otherwise the whole list. */
async function matchesOf(command: Command, members: readonly string[], text: string, asking: Asking): Promise<Thing[]> {
  const ask = asker(command, asking)
  const flags = new Set(command.flags.map(({ member }) => member))
  const exact = members.find((member) => flags.has(member))
  if (exact !== undefined) {
    const { data } = await ask({ [exact]: text })
    if (data.length > 0) return data
  }
  if (flags.has('search')) return (await ask({ search: text })).data
  return allOf(ask)
}

type Ask = (query: Record<string, string>) => Promise<{ data: Thing[]; next: string | null }>

/** Asks for pages of a list. */
function asker(command: Command, { target, agent, realm, tenant }: Asking): Ask {
  const path = command.path.replace('{issuer_id}', encodeURIComponent(realm))
  const shared = {
    ...(command.pageMost && { limit: String(PAGE) }),
    ...(tenant !== undefined && { tenant_id: tenant }),
  }
  return async (query) => {
    const request: ApiRequest = { method: 'GET', path, query: { ...shared, ...query } }
    const { data, next_cursor: next } = (await call(target, agent, request)).body as {
      data: Thing[]
      next_cursor?: string | null
    }
    return { data, next: next ?? null }
  }
}

async function allOf(ask: Ask): Promise<Thing[]> {
  const all: Thing[] = []
  let cursor: string | null = null
  do {
    const { data, next } = await ask(cursor === null ? {} : { cursor })
    all.push(...data)
    cursor = next
  } while (cursor !== null && all.length < READ_MOST)
  return all
}
