// Checks that the catalog of commands matches the operations.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nativeRoutes } from '#surfaces/native/native.routes.ts'
import { everySurface } from '#surfaces/surfaces.ts'
import { buildCatalog } from './build-catalog.ts'
import { type Command, readCatalog } from './catalog.ts'
import type { Choices } from './choices.ts'
import { exampleOf, shellLine } from './example.ts'
import { flagName } from './flags.ts'
import { renderCliHelp } from './help.ts'
import { lineOf } from './nouns.ts'
import { buildProgram } from './program.ts'
import { readValue } from './values.ts'

// The other surfaces add their choices, such as the formats of deliveries, when they are loaded.
await everySurface()
const catalog = buildCatalog(nativeRoutes)
const looks = { width: 100, paint: (_format: string, text: string) => text }

function find(noun: string, verb: string): Command {
  const command = catalog.find((each) => each.noun === noun && each.verb === verb)
  assert.ok(command, `${noun} ${verb}`)
  return command
}

/** What a command line asks for, without doing it. */
async function parse(argv: readonly string[]): Promise<{ command: Command; choices: Choices } | undefined> {
  let asked: { command: Command; choices: Choices } | undefined
  const deeds = {
    run: async (command: Command, choices: Choices) => {
      asked = { command, choices }
    },
    doctor: async () => {},
    backup: async () => {},
    restore: async () => {},
    why: async () => {},
    login: async () => {},
    logout: async () => {},
    whoami: async () => {},
    completion: () => {},
    context: { list: () => {}, set: () => {}, use: () => {}, delete: () => {} },
    version: () => {},
  }
  await buildProgram(catalog, deeds, looks, new Set(argv.slice(0, 1))).parseAsync([...argv], { from: 'user' })
  return asked
}

test('catalog.json is what the routes say; npm run golden writes it', () => {
  assert.deepEqual(readCatalog(), JSON.parse(JSON.stringify(catalog)))
})

test('a command that ends something for good asks first', () => {
  const ends = /\.(deleted|revoked|secret_rotated|password_set|mfa_disabled|purged)$/
  const without = nativeRoutes
    .map(({ operation }) => operation)
    .filter(({ events, irreversible }) => irreversible === undefined && events.some((event) => ends.test(event)))
    .map(({ name }) => name)
  assert.deepEqual(without, [])
})

test('every operation is a command of its name', async () => {
  const seen = new Set<string>()
  for (const { operation } of nativeRoutes) {
    const words = operation.name.replaceAll('_', '-').split('.')
    const command = find(words[0] ?? '', words[1] ?? '')
    const required = command.flags.filter(({ required: must }) => must).map(({ member }) => `--${flagName(member)}=x`)
    const asked = await parse([...words, ...command.parameters.map(() => 'x'), ...required])
    assert.equal(`${asked?.command.method} ${asked?.command.path}`, `${command.method} ${command.path}`)
    seen.add(words.join(' '))
  }
  assert.equal(seen.size, catalog.length)
})

test('every command has a help that says what, with which permission, and how', () => {
  const pages = new Map(
    renderCliHelp(catalog)
      .split(/^\$ /m)
      .map((page) => [page.split(' --help\n')[0], page.replaceAll(/\s+/g, ' ')]),
  )
  for (const command of catalog) {
    const page = pages.get(`countersign ${command.noun} ${command.verb}`) ?? ''
    const said = [command.summary, command.description, command.permission, ...command.events].filter(Boolean)
    for (const words of said) assert.ok(page.includes(words as string), `${command.noun} ${command.verb}: ${words}`)
    for (const { member, description } of command.flags) {
      assert.ok(page.includes(flagName(member)), `${command.noun} ${command.verb}: ${member}`)
      if (description && member !== 'limit')
        assert.ok(page.includes(description), `${command.noun} ${command.verb}: ${description}`)
    }
    assert.ok(page.includes(shellLine(exampleOf(command))), `${command.noun} ${command.verb} has an example`)
  }
})

test('every example can be written like that, and gives all that is required', async () => {
  for (const command of catalog) {
    const asked = await parse(exampleOf(command))
    assert.ok(asked)
    assert.equal(asked.command, command)
    const { flags, files } = asked.choices
    for (const flag of command.flags) {
      const given = flags[flag.member]
      if (given !== undefined) readValue(flag, given, { now: 0, direction: 'back' })
      const there = given !== undefined || files[flag.member] !== undefined
      assert.ok(!flag.required || there, `${command.noun} ${command.verb}: ${flag.member}`)
    }
  }
})

test('no member’s flag is taken by a flag of every command', () => {
  const own = ['json', 'quiet', 'server', 'input', 'if-match', 'idempotency-key', 'help', 'all']
  for (const { noun, verb, flags, inRealm, takesTenant } of catalog) {
    const taken = new Set([...own, ...(inRealm ? ['realm'] : []), ...(takesTenant ? ['tenant'] : [])])
    for (const { member } of flags) assert.ok(!taken.has(flagName(member)), `${noun} ${verb} --${flagName(member)}`)
  }
})

test('every noun has a line in the first help', () => {
  for (const { noun } of catalog) assert.ok(lineOf(noun), `src/cli/nouns.ts has no line for ${noun}`)
})

test('what an operation takes and gives decides how its command behaves', () => {
  assert.deepEqual(find('client', 'create').shownOnce, ['client_secret'])
  assert.deepEqual(find('client', 'rotate-secret').shownOnce, ['client_secret'])
  assert.deepEqual(find('api-key', 'create').shownOnce, ['key'])
  assert.deepEqual(find('client', 'update').shownOnce, [])
  assert.deepEqual(find('event', 'verify').shownOnce, [])
  assert.deepEqual(
    find('realm', 'get').parameters.map(({ name }) => name),
    ['issuer_id'],
  )
  assert.equal(find('realm', 'get').inRealm, undefined)
  const { parameters, inRealm } = find('client', 'get')
  assert.deepEqual([parameters.map(({ name }) => name), inRealm], [['id'], true])
  assert.match(parameters[0]?.example ?? '', /^cli_/)
  assert.equal(find('client', 'update').takesIfMatch, true)
  assert.equal(find('client', 'delete').answers, 'nothing')
  assert.equal(find('client', 'delete').done, 'A client was deleted.')
  assert.equal(find('event', 'follow').answers, 'stream')
  assert.equal(find('client', 'list').pageMost, 200)
  assert.equal(find('realm', 'list').key, 'issuer_id')
  assert.equal(find('api-key', 'list').key, 'id')
  assert.equal(find('permission', 'list').key, 'name')
  assert.equal(find('session', 'list').flags.find(({ member }) => member === 'ended')?.kind, 'boolean')
})

test('plurals are understood', async () => {
  assert.equal((await parse(['clients', 'list']))?.command.noun, 'client')
  assert.equal((await parse(['api-keys', 'list']))?.command.noun, 'api-key')
  assert.equal((await parse(['directories', 'list']))?.command.noun, 'directory')
})
