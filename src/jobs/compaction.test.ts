// Checks when the lists of issued tokens are compacted.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recentPartitions } from '#database/token-log/partitions.ts'
import { openTestServices } from '#testing/services.ts'
import { tokenBurst } from '#testing/token-burst.ts'
import { compaction } from './compaction.ts'

test('what was issued in a rush settles once a minute was calm, and waits for another minute where one was not', async () => {
  const services = await openTestServices()
  try {
    const token = { clientId: services.random.id(), userId: null, audience: 'https://api.example.com' }
    const blocks = async () => (await recentPartitions(services.database.read)).length
    const newest = async () => {
      const { data } = await services.contextFor().read.issuances.list({ limit: 200, realmId: services.realm.id })
      return data.map(({ id }) => id)
    }
    for (let batch = 0; batch < 40; batch++) await tokenBurst(services.contextFor(), Array(50).fill(token))
    const before = await newest()
    assert.equal(await blocks(), 3)
    let load = 0.1
    const round = compaction(() => load)
    for (let second = 0; second < 59; second++) await round(services)
    load = 0.9
    await round(services)
    load = 0.1
    for (let second = 0; second < 59; second++) await round(services)
    assert.equal(await blocks(), 3)
    await round(services)
    assert.equal(await blocks(), 0)
    assert.deepEqual(await newest(), before)
  } finally {
    await services.close()
  }
})
