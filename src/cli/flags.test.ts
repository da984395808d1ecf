// Checks how command-line flags become the input of an operation.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { CommandFailure } from './failure.ts'
import { type Flag, flagName, flagsOf } from './flags.ts'
import { readValue } from './values.ts'

const NOW = Date.parse('2026-03-10T12:00:00Z')

function flag(schema: object, member = 'member'): Flag {
  const [found] = flagsOf({ properties: { [member]: schema } })
  assert.ok(found)
  return found
}

function read(schema: object, ...given: string[]): unknown {
  return readValue(flag(schema), given, { now: NOW, direction: 'back' })
}

function refused(schema: object, text: string, words: RegExp): void {
  assert.throws(
    () => read(schema, text),
    (error) => error instanceof CommandFailure && error.exit === 2 && words.test(error.message),
  )
}

const SCOPES = {
  type: 'array',
  items: { type: 'object', properties: { name: { type: 'string' }, description: { type: 'string' } } },
}

test('names are kebab-case, and members of an object have a dot', () => {
  const flags = flagsOf({
    properties: {
      redirect_uris: { type: 'array', items: { type: 'string' } },
      policy: {
        type: 'object',
        properties: { access_token_lifetime: { type: 'integer' }, strict: { type: 'boolean' } },
      },
    },
  })
  assert.deepEqual(
    flags.map(({ member, kind }) => [flagName(member), kind]),
    [
      ['redirect-uris', 'texts'],
      ['policy.access-token-lifetime', 'number'],
      ['policy.strict', 'boolean'],
    ],
  )
})

test('what is required has no default', () => {
  const schema = { properties: { a: { type: 'string' }, b: { type: 'string', default: 'x' }, c: { type: 'string' } } }
  const flags = flagsOf({ ...schema, required: ['a', 'b'] })
  assert.deepEqual(
    flags.filter(({ required }) => required).map(({ member }) => member),
    ['a'],
  )
})

test('a member of an optional object is never required', () => {
  const inner = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] }
  assert.equal(flagsOf({ properties: { o: inner } })[0]?.required, undefined)
  assert.equal(flagsOf({ properties: { o: inner }, required: ['o'] })[0]?.required, true)
})

test('an object that flags cannot spell is one flag that takes JSON', () => {
  const jwks = {
    anyOf: [{ type: 'object', properties: { keys: { type: 'array', items: { type: 'object' } } } }, { type: 'null' }],
  }
  assert.equal(flag(jwks).kind, 'json')
  assert.deepEqual(read(jwks, '{"keys":[]}'), { keys: [] })
  assert.equal(read(jwks, 'null'), null)
  refused(jwks, '{', /JSON or @file/)
})

test('numbers', () => {
  const lifetime = { type: 'integer', minimum: 1, maximum: 86_400 }
  assert.equal(read(lifetime, '900'), 900)
  refused(lifetime, '0', /whole number from 1 to 86400/)
  refused(lifetime, '1.5', /whole number/)
  refused(lifetime, '0x10', /whole number/)
  refused(lifetime, '', /whole number/)
  assert.equal(read({ anyOf: [lifetime, { type: 'null' }] }, 'null'), null)
})

test('null empties only what may be none', () => {
  assert.equal(read({ type: ['string', 'null'] }, 'null'), null)
  assert.equal(read({ type: 'string' }, 'null'), 'null')
})

test('choices', () => {
  const method = { type: 'string', enum: ['none', 'client_secret'] }
  assert.equal(read(method, 'none'), 'none')
  refused(method, 'basic', /one of none, client_secret/)
})

test('lists of texts are repeated, split at commas, or JSON', () => {
  const uris = { type: 'array', items: { type: 'string' } }
  assert.deepEqual(read(uris, 'a, b', 'c'), ['a', 'b', 'c'])
  assert.deepEqual(read(uris, '["https://x/?a,b"]', 'c'), ['https://x/?a,b', 'c'])
  assert.deepEqual(read(uris, ''), [])
  refused({ type: 'array', items: { type: 'string', enum: ['x'] } }, 'x,y', /one of x/)
  refused(uris, '[1]', /list of strings/)
})

test('records are written with bars, as AuthPlane writes scopes, or as JSON', () => {
  assert.deepEqual(read(SCOPES, 'tools/read||Read tools', 'tools/run|Run, and wait'), [
    { name: 'tools/read', description: 'Read tools' },
    { name: 'tools/run', description: 'Run, and wait' },
  ])
  assert.deepEqual(read(SCOPES, 'a'), [{ name: 'a' }])
  assert.deepEqual(read(SCOPES, 'a||one|two'), [{ name: 'a', description: 'one|two' }])
  assert.deepEqual(read(SCOPES, '{"name":"a"}', '[{"name":"b"}]'), [{ name: 'a' }, { name: 'b' }])
  refused(SCOPES, 'repo:read|repo|Read repositories', /name\|description or JSON/)
  refused(SCOPES, '|x', /name\|description/)
})

test('records with a part in the middle take it', () => {
  const items = {
    type: 'object',
    properties: { name: { type: 'string' }, description: { type: 'string' }, upstream: { type: 'string' } },
  }
  const scopes = { type: 'array', items }
  assert.deepEqual(read(scopes, 'repo:read|repo|Read'), [{ name: 'repo:read', upstream: 'repo', description: 'Read' }])
  assert.deepEqual(read(scopes, 'repo:read||Read'), [{ name: 'repo:read', description: 'Read' }])
})

test('maps are pairs or JSON, and JSON may be in a file', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'countersign-flags-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const file = join(directory, 'map.json')
  writeFileSync(file, '{"b":2}')
  const map = { type: 'object', additionalProperties: {} }
  assert.deepEqual(read(map, 'a=1=2', `@${file}`), { a: '1=2', b: 2 })
  refused(map, 'a', /key=value/)
  refused(map, '[1]', /key=value/)
  assert.throws(() => read(map, '@/nowhere'), /cannot be read/)
})

test('a file can be given by its name where base64 is expected', () => {
  const directory = mkdtempSync(join(tmpdir(), 'countersign-flags-'))
  const path = join(directory, 'logo')
  writeFileSync(path, Buffer.from([0xff, 0, 1]))
  const schema = { type: 'string', format: 'base64' }
  assert.equal(read(schema, `@${path}`), '/wAB')
  assert.equal(read(schema, '/wAB'), '/wAB')
  assert.throws(() => read(schema, '@/nowhere'), /cannot be read/)
  rmSync(directory, { recursive: true })
})

test('moments are RFC 3339, dates and spans that look back in filters and ahead in inputs', () => {
  const schema = { type: 'string', format: 'date-time' }
  assert.equal(read(schema, '2026-01-31T12:00:00+01:00'), '2026-01-31T12:00:00+01:00')
  assert.equal(read(schema, '2026-01-31'), '2026-01-31T00:00:00Z')
  assert.equal(read(schema, '24h'), '2026-03-09T12:00:00.000Z')
  assert.equal(read(schema, '+1d'), '2026-03-11T12:00:00.000Z')
  assert.equal(readValue(flag(schema), ['90d'], { now: NOW, direction: 'ahead' }), '2026-06-08T12:00:00.000Z')
  assert.equal(readValue(flag(schema), ['-90s'], { now: NOW, direction: 'ahead' }), '2026-03-10T11:58:30.000Z')
  refused(schema, 'yesterday', /a time/)
  refused(schema, '2026-13-01', /a time/)
})
