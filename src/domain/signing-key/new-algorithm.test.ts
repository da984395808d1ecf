// Checks that several processes may add the keys of one algorithm at once.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openServicesOver, openTestServices } from '#testing/services.ts'
import { openContext } from '../open-context.ts'
import { addAlgorithm } from './signing-key.service.ts'

test('of two processes that add the keys of an algorithm at once, one does', async (t) => {
  const services = await openTestServices({ database: 'postgres' })
  t.after(() => services.close())
  const second = await openServicesOver(services.store)
  t.after(() => second.database.close())
  const first = services.contextFor()
  const other = openContext(second, first.actor, { tenantId: services.tenantId, realm: services.realm })
  for (const algorithm of ['EdDSA', 'RS256'] as const) {
    const both = await Promise.allSettled([first, other].map((context) => addAlgorithm(context, algorithm)))
    const [refused, ...more] = both.filter((one) => one.status === 'rejected')
    assert.deepEqual([refused?.reason.code, more.length], ['already_exists', 0], String(refused?.reason))
    const keys = await first.read.signingKeys.list(services.realm.id)
    const states = keys.filter((key) => key.algorithm === algorithm).map(({ state }) => state)
    assert.deepEqual(states.sort(), ['active', 'next'])
  }
})
