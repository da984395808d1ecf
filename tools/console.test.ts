// Checks the built console: its size, and that each operation of the API has a place in it.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { buildFolder } from '#outside/console-build.ts'
import { type Lock, lockOf } from '../console/lock.ts'
import { make } from '../console/made.ts'

const ROOT = join(import.meta.dirname, '..')
const API = join(ROOT, 'golden', 'openapi.json')
/** What the console knows of the API; its types are checked with the console. */
interface Named {
  readonly name: string
}
interface Places {
  readonly OPERATIONS: readonly Named[]
  readonly PAGES: readonly {
    readonly slug: string
    readonly main: Named
    readonly get?: Named
    readonly update?: Named
    readonly remove?: Named
    readonly create: readonly Named[]
    readonly actions: readonly Named[]
    readonly others: readonly Named[]
    readonly views: readonly Named[]
    readonly subs: readonly {
      readonly list: Named
      readonly create: readonly Named[]
      readonly actions: readonly Named[]
    }[]
  }[]
}

const kB = (bytes: number) => Math.round(bytes / 102.4) / 10

/** What the first page loads, and what a further page loads besides, in compressed kB. */
const FIRST_LOAD_MAX = 190
const ROUTE_MAX = 25

interface Chunk {
  readonly file: string
  readonly src?: string
  readonly isEntry?: boolean
  readonly imports?: readonly string[]
  readonly css?: readonly string[]
}
type Manifest = Readonly<Record<string, Chunk>>

let folder = ''
before(() => {
  const { status, stderr } = spawnSync(process.execPath, [join(ROOT, 'tools', 'console.ts')], { encoding: 'utf8' })
  assert.equal(status, 0, stderr)
  folder = buildFolder(ROOT)
})

/** The files that a chunk loads at once. */
function filesOf(manifest: Manifest, name: string, seen = new Set<string>()): Set<string> {
  const chunk = manifest[name]
  if (!chunk || seen.has(chunk.file)) return seen
  for (const file of [chunk.file, ...(chunk.css ?? [])]) seen.add(file)
  for (const other of chunk.imports ?? []) filesOf(manifest, other, seen)
  return seen
}

test('the first load and each page stay within their budgets', () => {
  const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as Manifest
  const size = (files: Iterable<string>) =>
    [...files].reduce((sum, file) => sum + statSync(join(folder, `${file}.br`)).size, 0)
  const [entry] = Object.keys(manifest).filter((name) => manifest[name]?.isEntry)
  const first = filesOf(manifest, entry ?? assert.fail('There is no entry.'))
  assert.ok(kB(size(first)) <= FIRST_LOAD_MAX, `the first load has ${kB(size(first))} kB`)
  const screens = Object.keys(manifest).filter((name) => /^src\/screens\//.test(name))
  assert.ok(screens.length >= 5)
  for (const name of screens) {
    const own = [...filesOf(manifest, name)].filter((file) => !first.has(file))
    assert.ok(kB(size(own)) <= ROUTE_MAX, `${name} has ${kB(size(own))} kB`)
  }
})

test('each operation of the native API has a place in the console', async () => {
  make(API, join(ROOT, 'console', 'src', 'made'))
  const { OPERATIONS, PAGES } = (await import(
    new URL('../console/src/lib/operations.ts', import.meta.url).href
  )) as Places
  const placed = new Set(
    PAGES.flatMap(({ main, get, update, remove, create, actions, others, views, subs }) => [
      main,
      ...(get ? [get] : []),
      ...(update ? [update] : []),
      ...(remove ? [remove] : []),
      ...[create, actions, others, views].flat(),
      ...subs.flatMap((sub) => [sub.list, ...sub.create, ...sub.actions]),
    ]).map(({ name }) => name),
  )
  // The account menu shows the one; lists ask again for what streams tell.
  const apart = OPERATIONS.filter(({ name }) => !placed.has(name)).map(({ name }) => name)
  assert.deepEqual(apart.sort(), ['event.follow', 'me.get', 'proxy.follow'])
  assert.equal(new Set(PAGES.map(({ slug }) => slug)).size, PAGES.length, 'each page has an address of its own')
})

test('the navigation names pages that exist, and ids are found by the prefixes that the API has', async () => {
  make(API, join(ROOT, 'console', 'src', 'made'))
  const from = (path: string) => import(new URL(`../console/src/${path}`, import.meta.url).href)
  const { PAGES } = (await from('lib/operations.ts')) as Places
  const { GROUPS } = (await from('lib/nav.ts')) as {
    readonly GROUPS: readonly (readonly [string, readonly string[]])[]
  }
  const { PREFIXES } = (await from('made/operations.ts')) as { readonly PREFIXES: Readonly<Record<string, string>> }
  const slugs = new Set(PAGES.map(({ slug }) => slug))
  assert.deepEqual(
    GROUPS.flatMap(([, pages]) => pages.filter((page) => !slugs.has(page))),
    [],
  )
  assert.deepEqual([PREFIXES.usr, PREFIXES.apk, PREFIXES.wh], ['user', 'api_key', 'webhook'])
})

test('the lock file of the console alone has the versions of the whole, and nothing of the server', () => {
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as Lock
  const own = lockOf(lock, 'console')
  for (const [path, { version }] of Object.entries(own.packages)) {
    if (path === '') continue
    const inWhole = lock.packages[path] ?? lock.packages[`console/${path}`]
    assert.equal(version, inWhole?.version, path)
  }
  assert.ok(own.packages['node_modules/vite'] && own.packages['node_modules/react-dom'])
  assert.ok(!own.packages['node_modules/fastify'])
})
