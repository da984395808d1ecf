import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { test } from 'node:test'

// The house: a room may enter only the rooms named beside it. serve.ts and cli.ts may enter all, and so may testing.
const LOWER = ['kernel', 'database', 'outside', 'domain', 'protocol', 'pages', 'surfaces', 'jobs', 'proxy']
const ROOMS: Record<string, readonly string[]> = {
  kernel: [],
  database: ['kernel'],
  outside: ['kernel'],
  domain: ['kernel', 'database'],
  protocol: ['kernel', 'domain'],
  pages: ['kernel', 'domain'],
  surfaces: ['kernel', 'domain'],
  jobs: ['kernel', 'domain'],
  proxy: ['kernel', 'domain'],
  http: LOWER,
  cli: LOWER,
  testing: [...LOWER, 'http', 'cli'],
}
/** Rooms that fulfil another's interfaces may know its types. */
const TYPES_ONLY: Record<string, readonly string[]> = { outside: ['domain'] }
const MAY_USE_NODE = ['database', 'outside', 'http', 'proxy', 'cli', 'testing', '']
const MAY_USE_DATABASE = ['database', 'testing', '']
/** Where a library that reaches outside the process is at home; the other rooms see it through the context. */
const HOMES: Record<string, readonly string[]> = {
  kysely: MAY_USE_DATABASE,
  pg: MAY_USE_DATABASE,
  fastify: ['http', 'testing', ''],
  ioredis: ['outside', 'testing'],
  pino: ['outside', 'http', ''],
  commander: ['cli', ''],
  nodemailer: ['outside'],
}
const CONTEXT_MEMBERS_MAX = 10

interface Import {
  readonly file: string
  readonly room: string
  readonly target: string
  /** The file it leads to, from src/; undefined for a package. */
  readonly to: string | undefined
  readonly runtime: boolean
}

const root = import.meta.dirname
const files = globSync('**/*.ts', { cwd: root }).filter((file) => !file.endsWith('.test.ts'))
const imports = files.flatMap(importsOf)

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8')
}

function roomOf(file: string): string {
  return file.includes('/') ? file.slice(0, file.indexOf('/')) : ''
}

function importsOf(file: string): Import[] {
  const text = read(file)
  const statements = [...text.matchAll(/^(?:import|export)\s+(type\s)?(?:[\w\s{},*$]*?\sfrom\s+)?'([^'\n]+)'/gm)]
  const calls = [...text.matchAll(/\bimport\(\s*()'([^'\n]+)'/g)]
  return [...statements, ...calls].map(([, type, target = '']) => {
    const relative = target.startsWith('.') ? posix.join(posix.dirname(file), target) : undefined
    const to = target.startsWith('#') ? target.slice(1) : relative
    return { file, room: roomOf(file), target, to, runtime: !type }
  })
}

function broken(rule: (entry: Import) => string | false | undefined): string[] {
  return imports.flatMap((entry) => {
    const fault = rule(entry)
    return fault ? [`${entry.file}: ${entry.target} ${fault}`] : []
  })
}

test('every room is on the map', () => {
  const rooms = new Set(files.map(roomOf).filter((room) => room !== ''))
  assert.deepEqual(
    [...rooms].filter((room) => ROOMS[room] === undefined),
    [],
  )
})

test('imports go down the house, with ./ inside a room and # between rooms', () => {
  const faults = broken(({ room, target, to, runtime }) => {
    if (to === undefined || room === '') return
    const other = roomOf(to)
    if (target.startsWith('.')) return other !== room && 'leaves its room without #'
    if (other === room) return 'stays in its room with #'
    const allowed = ROOMS[room]?.includes(other) || (!runtime && TYPES_ONLY[room]?.includes(other))
    return !allowed && `may not be entered from ${room}`
  })
  assert.deepEqual(faults, [])
})

test('nobody imports the roots', () => {
  assert.deepEqual(
    broken(({ to, file }) => (to === 'main.ts' || (to === 'serve.ts' && file !== 'main.ts')) && 'is a root'),
    [],
  )
})

test('only stores query, and only rooms at the rim touch the process and the network', () => {
  const faults = broken(({ file, room, target, to, runtime }) => {
    const store = file.endsWith('.store.ts')
    if (to !== undefined) {
      // A type is no way to query: whoever may enter the room may name what is in it.
      return runtime && !store && roomOf(to) === 'database' && !MAY_USE_DATABASE.includes(room) && 'is for stores'
    }
    if (target.startsWith('node:')) return !MAY_USE_NODE.includes(room) && 'is for the rooms at the rim'
    if (room === 'kernel') return target !== 'zod' && 'is not zod'
    return runtime && !store && HOMES[target]?.includes(room) === false && `is not at home in ${room}`
  })
  assert.deepEqual(faults, [])
})

test('no barrels, no default exports', () => {
  assert.deepEqual(
    files.filter((file) => posix.basename(file) === 'index.ts' || /^export (default|\*)/m.test(read(file))),
    [],
  )
})

test('no cycles', () => {
  const next = Map.groupBy(
    imports.filter(({ to, runtime }) => to !== undefined && runtime),
    ({ file }) => file,
  )
  const done = new Set<string>()
  const cycles: string[] = []
  const walk = (file: string, trail: readonly string[]): void => {
    if (trail.includes(file)) cycles.push([...trail.slice(trail.indexOf(file)), file].join(' → '))
    if (done.has(file) || trail.includes(file)) return
    for (const { to = '' } of next.get(file) ?? []) walk(to, [...trail, file])
    done.add(file)
  }
  for (const file of files) walk(file, [])
  assert.deepEqual(cycles, [])
})

test('the context stays small', () => {
  const [, body = ''] = /^export interface Context \{\n([^}]*)^\}/m.exec(read('domain/context.ts')) ?? []
  const members = body.match(/^ {2}readonly \w+/gm) ?? []
  assert.ok(members.length > 0 && members.length <= CONTEXT_MEMBERS_MAX, `Context has ${members.length} members`)
})
