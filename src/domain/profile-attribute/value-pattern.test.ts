// Checks the patterns of profile attributes against regular expressions, and that no text takes long.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { flawOfPattern, matchesPattern } from './value-pattern.ts'

const ATOM = fc.constantFrom('a', 'b', '.', '\\d', '[ab]', '[^a]', '[a-c1]', '\\.', '[\\d_-]')
const COUNT = fc.constantFrom('', '?', '*', '+', '{2}', '{0,2}', '{1,}')
const PATTERN = fc.array(fc.tuple(ATOM, COUNT), { minLength: 1, maxLength: 5 }).map((parts) => parts.flat().join(''))
const TEXT = fc
  .array(fc.constantFrom('a', 'b', 'c', '1', '.', '_', '-', '😀'), { maxLength: 8 })
  .map((letters) => letters.join(''))

test('a pattern matches whole texts, as a regular expression does', () => {
  fc.assert(
    fc.property(PATTERN, TEXT, (pattern, text) => {
      assert.equal(flawOfPattern(pattern), undefined, pattern)
      assert.equal(matchesPattern(pattern, text), new RegExp(`^(?:${pattern})$`, 'su').test(text), `${pattern} ${text}`)
    }),
    { numRuns: 2000 },
  )
})

test('what is no pattern is refused with a reason, and matches nothing', () => {
  const none = [
    '(a+)+',
    'a|b',
    '^a',
    'a$',
    '[',
    '[]',
    '[^]',
    '[z-a]',
    '*',
    'a**',
    '{2}',
    'a{5,2}',
    'a{0}',
    '\\q',
    'a{300}',
  ]
  for (const pattern of none) {
    assert.ok(flawOfPattern(pattern), pattern)
    assert.equal(matchesPattern(pattern, 'a'), false)
  }
})

test('a pattern on which other matchers backtrack takes steps in proportion to the text', () => {
  const pattern = `${'a*'.repeat(90)}b`
  assert.equal(flawOfPattern(pattern), undefined)
  assert.equal(matchesPattern(pattern, 'a'.repeat(1000)), false)
  assert.equal(matchesPattern(pattern, `${'a'.repeat(1000)}b`), true)
})
