// Checks that each attack of the catalogue has a test.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ATTACKS, testsByAttack } from '#testing/attack-cases.ts'

test('each attack of the catalogue has a test that is named after it', () => {
  const tests = testsByAttack()
  const ids = ATTACKS.flatMap(({ cases }) => Object.keys(cases))
  assert.equal(new Set(ids).size, ids.length)
  assert.deepEqual(
    ids.filter((id) => !tests.has(id)),
    [],
  )
})
