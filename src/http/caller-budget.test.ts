// Checks how many long reads a caller gets at once.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Services } from '#domain/open-context.ts'
import { CALLER_BUDGETS, LONG_READS_MAX, takePlace } from './caller-budget.ts'

const services = () => ({}) as Services

test('a caller has its own places for long reads, and all together have not many more', () => {
  const server = services()
  const take = (caller: string) => takePlace(server, 'longReads', caller)
  const taken = []
  for (let caller = 0; taken.length < LONG_READS_MAX; caller++) {
    for (let place = 0; place < CALLER_BUDGETS.longReads; place++) taken.push(take(`caller ${caller}`))
    const refused = { code: 'too_many_requests', message: /A caller can have 2 reads/ }
    assert.throws(() => take(`caller ${caller}`), refused)
  }
  assert.throws(() => take('another'), { code: 'too_many_requests', message: /The server runs 8 reads/ })
  takePlace(server, 'streams', 'another')
  takePlace(services(), 'longReads', 'another')
  taken[0]?.()
  taken[0]?.()
  const last = take('another')
  assert.throws(() => take('another'), { code: 'too_many_requests' })
  last()
  take('caller 0')
})
