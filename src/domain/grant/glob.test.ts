// Checks the comparison with patterns.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { matchesGlob } from './glob.ts'

test('a pattern is compared with the whole text', () => {
  const matching = [
    ['*', ''],
    ['shark_dcr_*', 'shark_dcr_abc'],
    ['*_dcr_*', 'shark_dcr_abc'],
    ['a?c', 'abc'],
    ['v3.[0-9]', 'v3.7'],
    ['[!a-c]x', 'dx'],
    ['a[-z]', 'a-'],
    ['a[', 'a['],
    ['**a*', 'bba'],
  ] as const
  for (const [pattern, text] of matching) assert.ok(matchesGlob(pattern, text), `${pattern} ${text}`)
  const others = [
    ['a', 'A'],
    ['a', 'ab'],
    ['a?', 'a'],
    ['[a-c]', 'd'],
    ['*a', 'ab'],
    ['.*', 'x'],
  ] as const
  for (const [pattern, text] of others) assert.ok(!matchesGlob(pattern, text), `${pattern} ${text}`)
})

test('a pattern of many stars takes no time', () => {
  const begin = performance.now()
  assert.equal(matchesGlob(`${'*a'.repeat(100)}b`, 'a'.repeat(500)), false)
  assert.ok(performance.now() - begin < 1000)
})
