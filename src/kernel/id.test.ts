// Checks the text form of ids.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { floorId, ID_PREFIXES, type Noun, numberedId, numberOf, parseId, renderId } from './id.ts'

const nouns = Object.keys(ID_PREFIXES) as Noun[]

test('an id that is rendered is read again, and in any case of letters', () => {
  fc.assert(
    fc.property(fc.uuid(), fc.constantFrom(...nouns), (id, noun) => {
      const rendered = renderId(noun, id)
      assert.match(rendered, /^[a-z]{2,3}_[0-9a-hjkmnp-tv-z]{26}$/)
      assert.equal(parseId(noun, rendered), id)
      assert.equal(parseId(noun, rendered.toUpperCase()), id)
      assert.equal(parseId(noun, id), id)
    }),
  )
})

test('ids sort rendered as they sort unrendered', () => {
  fc.assert(
    fc.property(fc.uuid(), fc.uuid(), (left, right) => {
      assert.equal(left < right, renderId('user', left) < renderId('user', right))
    }),
  )
})

test('what is no id of the noun is none', () => {
  const id = '018f3a5b-7c2d-7e1f-8a9b-0c1d2e3f4a5b'
  const rendered = renderId('user', id)
  for (const text of [
    '',
    'usr_',
    rendered.slice(0, -1),
    `${rendered}0`,
    rendered.replace('usr', 'cli'),
    `usr_${'z'.repeat(26)}`,
  ]) {
    assert.equal(parseId('user', text), undefined, text)
  }
})

test('a number that an id was given is read from it', () => {
  fc.assert(
    fc.property(fc.uuid({ version: 7 }), fc.maxSafeNat(), (id, number) => {
      const numbered = numberedId(id, number)
      assert.match(numbered, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/)
      assert.equal(numbered.slice(0, 18), id.slice(0, 18))
      assert.equal(numberOf(numbered), number)
    }),
  )
})

test('the floor of a moment is not above an id made in it', () => {
  assert.ok(floorId(0x018f3a5b7c2d) <= '018f3a5b-7c2d-7000-8000-000000000000')
  assert.ok(floorId(0x018f3a5b7c2e) > '018f3a5b-7c2d-7fff-bfff-ffffffffffff')
})
