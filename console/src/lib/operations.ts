// Owns which pages there are, from the operations of the API: a list with its form, the page of one thing with its actions and
// sub-lists, single settings, and forms. A new operation has its place by its path.
import { INDEX, NOUNS } from '../made/operations.ts'
import type { Name } from './api.ts'

/** What the console knows of an operation without its schemas. */
export interface Operation {
  readonly name: Name
  readonly noun: string
  readonly verb: string
  readonly method: string
  readonly path: string
  readonly permission: string
  readonly reach: string
  readonly summary: string
  readonly isList: boolean
  /** Whether callers who reach several tenants say which one it is about. */
  readonly takesTenant: boolean
  readonly hasBody: boolean
  readonly hasReply: boolean
  /** The parameters of the path besides the realm. */
  readonly keys: readonly string[]
  readonly inRealm: boolean
  /** Whether programs need `credentials:write` as well. */
  readonly makesCredentials: boolean
  /** Whether nothing restores what it ends. */
  readonly isFinal: boolean
  /** Whether it answers events for as long as its caller listens, so that no page asks for it as a whole. */
  readonly isStream: boolean
}

/** A list of what belongs to one thing, on its page. */
export interface SubList {
  readonly list: Operation
  readonly create: readonly Operation[]
  readonly actions: readonly Operation[]
}

/** A page of the console. */
export interface Page {
  /** Its part of the address. */
  readonly slug: string
  readonly noun: string
  readonly kind: 'list' | 'single' | 'form'
  /** The operation that it begins with. */
  readonly main: Operation
  readonly get?: Operation
  readonly create: readonly Operation[]
  readonly update?: Operation
  readonly remove?: Operation
  /** What is done to one thing. */
  readonly actions: readonly Operation[]
  /** What is done without one thing. */
  readonly others: readonly Operation[]
  /** What else is shown of one thing. */
  readonly views: readonly Operation[]
  readonly subs: readonly SubList[]
  /** The parameters that name one thing. */
  readonly keys: readonly string[]
}

export const OPERATIONS: readonly Operation[] = (Object.keys(INDEX) as Name[]).map((name) => {
  const [method, path, permission, reach, summary, flags] = INDEX[name]
  const [noun = '', verb = ''] = name.split('.')
  return {
    name,
    noun,
    verb,
    method,
    path,
    permission,
    reach,
    summary,
    isList: flags.includes('l'),
    takesTenant: flags.includes('t') && !path.includes('{issuer_id}'),
    hasBody: flags.includes('b'),
    hasReply: flags.includes('r'),
    keys: keysOf(path),
    inRealm: path.includes('{issuer_id}'),
    makesCredentials: flags.includes('c'),
    isFinal: flags.includes('f'),
    isStream: flags.includes('s'),
  }
})

const byName = new Map(OPERATIONS.map((operation) => [operation.name, operation]))

/** An operation by its name; undefined where the server has none of that name. */
export const operationNamed = (name: string): Operation | undefined => byName.get(name as Name)

/** What a noun is, in a sentence. */
export const nounLine = (noun: string): string => NOUNS[noun] ?? ''

function keysOf(path: string): string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].flatMap(([, name]) => (name && name !== 'issuer_id' ? [name] : []))
}

/** What no page shows by itself: streams, and who one is. */
const isApart = ({ name, isStream }: Operation) => isStream || name === 'me.get'
const GET = 'GET'

type Draft = { -readonly [K in keyof Page]: Page[K] extends readonly (infer E)[] ? E[] : Page[K] } & { path: string }

function makePages(): readonly Page[] {
  const rest = new Set(OPERATIONS.filter((one) => !isApart(one)))
  const drafts: Draft[] = []
  const add = (main: Operation, kind: Page['kind']) => {
    rest.delete(main)
    const { noun, path } = main
    const subs: SubList[] = []
    drafts.push({ slug: '', noun, kind, main, create: [], actions: [], others: [], views: [], subs, keys: [], path })
  }
  // Realms are named by their issuer id, which is the scope of everything else.
  const realms = OPERATIONS.filter(({ path }) => path === '/v1/realms/{issuer_id}')
  for (const one of rest) if (one.isList && one.keys.length === 0 && !isUnderOne(one)) add(one, 'list')
  for (const one of rest) if (one.method === GET && one.keys.length === 0 && !realms.includes(one)) add(one, 'single')
  placeRealm(drafts, rest, realms)
  for (const one of rest) placeWithoutKey(drafts, rest, one)
  for (const one of [...rest].sort((a, b) => a.path.length - b.path.length)) placeWithKey(drafts, rest, one)
  for (const one of rest) add(one, 'form')
  nameAll(drafts)
  return drafts
}

const isUnderOne = ({ path }: Operation) => /\{(?!issuer_id)\w+\}/.test(path)

function placeRealm(drafts: Draft[], rest: Set<Operation>, own: readonly Operation[]): void {
  const page = drafts.find(({ path }) => path === '/v1/realms')
  if (!page) return
  page.keys = ['issuer_id']
  for (const one of own) {
    rest.delete(one)
    if (one.method === GET) page.get = one
    else if (one.method === 'DELETE') page.remove = one
    else page.update = one
  }
}

function placeWithoutKey(drafts: Draft[], rest: Set<Operation>, one: Operation): void {
  if (one.keys.length > 0) return
  const same = drafts.find(({ path }) => path === one.path)
  const under = drafts
    .filter(({ path }) => one.path.startsWith(`${path}/`))
    .sort((a, b) => b.path.length - a.path.length)[0]
  const page = same ?? (under?.path === '/v1/realms' ? undefined : under)
  if (!page) return
  rest.delete(one)
  if (!same) page.others.push(one)
  else if (page.kind === 'single' && (one.method === 'PATCH' || one.method === 'PUT')) page.update = one
  else if (one.method === 'POST') page.create.push(one)
  else page.others.push(one)
}

function placeWithKey(drafts: Draft[], rest: Set<Operation>, one: Operation): void {
  const page = drafts
    .filter(({ path, kind }) => kind === 'list' && one.path.startsWith(`${path}/{`) && path !== '/v1/realms')
    .sort((a, b) => b.path.length - a.path.length)[0]
  if (!page) return
  const [, keys = '', after = ''] = /^((?:\/\{\w+\})+)(.*)$/.exec(one.path.slice(page.path.length)) ?? []
  rest.delete(one)
  if (page.keys.length === 0) page.keys = keysOf(keys)
  if (after === '') {
    if (one.method === GET) page.get = one
    else if (one.method === 'DELETE' && !page.remove) page.remove = one
    else if ((one.method === 'PATCH' || one.method === 'PUT') && !page.update) page.update = one
    else page.actions.push(one)
    return
  }
  const sub = page.subs.find(({ list }) => one.path === list.path || one.path.startsWith(`${list.path}/{`))
  if (one.isList) page.subs.push({ list: one, create: [], actions: [] })
  else if (sub) (one.path === sub.list.path ? (sub.create as Operation[]) : (sub.actions as Operation[])).push(one)
  else if (one.method === GET) page.views.push(one)
  else page.actions.push(one)
}

function nameAll(drafts: Draft[]): void {
  const taken = new Set<string>()
  for (const page of drafts) {
    const last = page.path.split('/').findLast((part) => part !== '' && !part.startsWith('{')) ?? page.noun
    const noun = page.noun.replaceAll('_', '-')
    const segment = page.kind === 'form' ? page.main.name.replaceAll(/[._]/g, '-') : last
    page.slug = taken.has(segment) ? noun : segment
    if (taken.has(page.slug)) page.slug = page.main.name.replaceAll(/[._]/g, '-')
    taken.add(page.slug)
  }
}

export const PAGES: readonly Page[] = makePages()

const bySlug = new Map(PAGES.map((page) => [page.slug, page]))

/** The page at an address. */
export const pageAt = (slug: string): Page | undefined => bySlug.get(slug)

/** The page of a noun's list. */
export const pageOfNoun = (noun: string): Page | undefined =>
  PAGES.find((page) => page.noun === noun && page.kind === 'list') ?? PAGES.find((page) => page.noun === noun)
