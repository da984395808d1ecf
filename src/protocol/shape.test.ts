// Checks the rules that grants and steps of the protocol follow.
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { PROFILES, stricter } from '#domain/realm/profile.ts'
import { DEFAULTS, KINDS, step, stepsByKind } from './authorize/step.ts'
import { STEPS } from './authorize/steps.ts'

const GRANT_MAX = 120

test('a grant has nothing to write, sign or issue with, and knows no profile', () => {
  const files = globSync('token/*.grant.ts', { cwd: import.meta.dirname })
  assert.ok(files.length >= 5)
  for (const file of files) {
    const text = readFileSync(join(import.meta.dirname, file), 'utf8')
    assert.doesNotMatch(
      text,
      /from '.*(redeem|jwt|signing|profile|claims|registry)\.ts'|^import \{[^}]*\} from '\.\/issue\.ts'/m,
      file,
    )
    assert.doesNotMatch(text, /\.write\(|\.issue\(/, file)
    assert.ok(text.split('\n').length <= GRANT_MAX, file)
  }
})

test('a step that needs what no step before it finds is refused at the start', () => {
  const needy = step({ reads: [], needs: ['scopes'], gives: [], take: () => ({}) })
  assert.throws(() => stepsByKind([[needy, 'device']], {}), /needs scopes, which no earlier step gives/)
  for (const kind of KINDS) assert.ok((STEPS.get(kind) ?? []).length > 0)
})

test('requests by browser give every fact', () => {
  const given = new Set((STEPS.get('authorize') ?? []).flatMap(({ gives }) => gives))
  const left = Object.keys(DEFAULTS).filter((fact) => !given.has(fact as never))
  assert.deepEqual(left, [])
})

test('every rule of a profile is read somewhere', () => {
  const root = join(import.meta.dirname, '..')
  const files = globSync(['protocol/**/*.ts', 'domain/**/*.ts'], { cwd: root }).filter(
    (file) => !/profile|test/.test(file),
  )
  const text = files.map((file) => readFileSync(join(root, file), 'utf8')).join()
  for (const rule of Object.keys(PROFILES['oauth-2.1'])) assert.match(text, new RegExp(`\\b${rule}\\b`), rule)
})

test('of two profiles the stricter rules hold, whichever comes first, and no more than that', () => {
  const all = Object.values(PROFILES)
  for (const one of all) {
    assert.deepEqual(stricter(one, one), one)
    for (const other of all) assert.deepEqual(stricter(one, other), stricter(other, one))
  }
})
