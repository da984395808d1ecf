import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recentBlocks } from '#database/blocks.ts'
import { openTestHouse } from '#testing/house.ts'
import { rush } from '#testing/rush.ts'
import { settling } from './settling.ts'

test('what was issued in a rush settles once a minute was calm, and waits for another minute where one was not', async () => {
  const house = await openTestHouse()
  try {
    const token = { clientId: house.random.id(), userId: null, audience: 'https://api.example.com' }
    const blocks = async () => (await recentBlocks(house.database.read)).length
    const newest = async () => {
      const { data } = await house.contextFor().read.issuances.list({ limit: 200, realmId: house.realm.id })
      return data.map(({ id }) => id)
    }
    for (let batch = 0; batch < 40; batch++) await rush(house.contextFor(), Array(50).fill(token))
    const before = await newest()
    assert.equal(await blocks(), 3)
    let load = 0.1
    const round = settling(() => load)
    for (let second = 0; second < 59; second++) await round(house)
    load = 0.9
    await round(house)
    load = 0.1
    for (let second = 0; second < 59; second++) await round(house)
    assert.equal(await blocks(), 3)
    await round(house)
    assert.equal(await blocks(), 0)
    assert.deepEqual(await newest(), before)
  } finally {
    await house.close()
  }
})
