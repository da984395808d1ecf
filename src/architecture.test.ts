// Checks the map of rooms in ARCHITECTURE.md: who may import whom, what only some rooms may use, and that nothing is circular.
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { test } from 'node:test'
import { cyclesOf, type Import, importsOf, roomOf, sourceFiles, sourceText } from '../tools/imports.ts'

// The rooms that each room may enter, besides itself. The files in src/ itself are the roots: they may enter all.
const LOWER = ['kernel', 'language', 'database', 'outside', 'domain', 'web', 'protocol', 'pages', 'surfaces', 'jobs']
const ROOMS: Record<string, readonly string[]> = {
  kernel: [],
  language: [],
  database: ['kernel'],
  outside: ['kernel'],
  domain: ['kernel', 'language', 'database'],
  web: ['kernel', 'language', 'domain'],
  protocol: ['kernel', 'language', 'domain', 'web'],
  pages: ['kernel', 'language', 'domain', 'web'],
  surfaces: ['kernel', 'domain'],
  jobs: ['kernel', 'domain'],
  proxy: ['kernel', 'language', 'outside', 'domain', 'web', 'protocol'],
  http: [...LOWER, 'proxy'],
  cli: LOWER,
  testing: [...LOWER, 'proxy', 'http', 'cli'],
}
/** Rooms that fulfil another's interfaces may know its types. */
const TYPES_ONLY: Record<string, readonly string[]> = { outside: ['domain'] }
const MAY_USE_NODE = ['database', 'outside', 'proxy', 'http', 'cli', 'testing', '']
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
  undici: ['outside'],
}
const CONTEXT_MEMBERS_MAX = 11

const root = join(import.meta.dirname, '..')
const files = sourceFiles()
const imports = files.flatMap(importsOf)

function broken(rule: (entry: Import) => string | false | undefined): string[] {
  return imports.flatMap((entry) => {
    const fault = rule(entry)
    return fault ? [`${entry.file}: ${entry.target} ${fault}`] : []
  })
}

/** The rooms of ARCHITECTURE.md, each with the cell that says which rooms it may enter. */
function roomsOfThePage(): Map<string, string> {
  const [, section = ''] = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8').split(/^## Rooms$/m)
  const rows = [...section.matchAll(/^\| ((?:`\w+`[ ,]*)+) \|.*\| (.*) \|$/gm)]
  return new Map(rows.flatMap(([, rooms = '', cell = '']) => namesIn(rooms).map((room) => [room, cell] as const)))
}

function namesIn(cell: string): string[] {
  return [...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => name)
}

test('the rooms are those of the folders, and ARCHITECTURE.md says of each what it may enter', () => {
  const rooms = Object.keys(ROOMS).sort()
  assert.deepEqual([...new Set(files.map(roomOf))].filter((room) => room !== '').sort(), rooms)
  const page = roomsOfThePage()
  assert.deepEqual([...page.keys()].sort(), rooms)
  for (const [room, cell] of page) {
    const [enters = '', types = ''] = cell.split('types of')
    const said = enters.includes('every other room') ? rooms.filter((other) => other !== room) : namesIn(enters)
    assert.deepEqual(said.sort(), [...(ROOMS[room] ?? [])].sort(), `what ${room} may enter`)
    assert.deepEqual(namesIn(types), TYPES_ONLY[room] ?? [], `whose types ${room} may import`)
  }
})

test('imports go down the rooms, with ./ inside a room and # between rooms', () => {
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
    // It converts texts only.
    if (target === 'node:url') return false
    if (target.startsWith('node:')) return !MAY_USE_NODE.includes(room) && 'is for the rooms at the rim'
    if (room === 'kernel') return target !== 'zod' && 'is not zod'
    return runtime && !store && HOMES[target]?.includes(room) === false && `is not at home in ${room}`
  })
  assert.deepEqual(faults, [])
})

test('no barrels, no default exports', () => {
  assert.deepEqual(
    files.filter((file) => posix.basename(file) === 'index.ts' || /^export (default|\*)/m.test(sourceText(file))),
    [],
  )
})

test('no files import each other in a circle, not by types either', () => {
  assert.deepEqual(cyclesOf(imports), [])
})

test('the context stays small', () => {
  const [, body = ''] = /^export interface Context \{\n([^}]*)^\}/m.exec(sourceText('domain/context.ts')) ?? []
  const members = body.match(/^ {2}readonly \w+/gm) ?? []
  assert.ok(members.length > 0 && members.length <= CONTEXT_MEMBERS_MAX, `Context has ${members.length} members`)
})

test('a package stands alone: it imports its own files and the libraries that its package.json names, and nothing of Node', () => {
  const packages = globSync('packages/*/package.json', { cwd: root })
  assert.ok(packages.length > 0)
  for (const manifest of packages) {
    const folder = posix.dirname(manifest)
    const { dependencies = {} } = JSON.parse(readFileSync(join(root, manifest), 'utf8'))
    assert.deepEqual(Object.keys(dependencies), ['jose'])
    const foreign = globSync(`${folder}/src/**/*.ts`, { cwd: root }).flatMap((file) =>
      [...readFileSync(join(root, file), 'utf8').matchAll(/\b(?:from|import)\b[\s(]*'([^'\n]+)'/g)]
        .filter(([, target = '']) => !(target in dependencies) && !/^\.\/[\w-]+\.ts$/.test(target))
        .map(([, target]) => `${file}: ${target}`),
    )
    assert.deepEqual(foreign, [])
  }
})
