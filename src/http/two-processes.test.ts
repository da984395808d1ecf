// Checks two servers on one PostgreSQL: a change at one is in force at the other at once, and one goes on without the other.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { isActive } from '#testing/realm.ts'
import { CHANGES, changesOf, startTwo, type TwoProcesses } from '#testing/two-processes.ts'
import { until } from '#testing/until.ts'

/** Generous: other tests keep the machine busy. bench/processes.ts measures it. */
const MILLISECONDS = 1500
const ROUNDS = 3

let both: TwoProcesses
let changes: Awaited<ReturnType<typeof changesOf>>
before(async () => {
  both = await startTwo()
  changes = await changesOf(both)
})
after(() => both.close())

for (const name of CHANGES) {
  test(`a ${name} at one process is in force at the other`, async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const took = await changes.measure[name]()
      assert.ok(took < MILLISECONDS, `${took.toFixed(0)} ms`)
    }
  })
}

test('when a process is killed, the other one has what it acknowledged, and goes on', async () => {
  const { one, other } = both
  const { client, tokenAt } = changes
  const events: string[] = []
  const ending = new AbortController()
  const stream = await fetch(`${other.adminUrl}/v1/events/stream?type=user.created`, {
    headers: { authorization: `Bearer ${other.adminKey}`, accept: 'text/event-stream' },
    signal: ending.signal,
  })
  assert.equal(stream.status, 200)
  const reading = (async () => {
    const decoder = new TextDecoder()
    for await (const chunk of stream.body ?? []) events.push(decoder.decode(chunk, { stream: true }))
  })().catch(() => {})

  const tokens = await Promise.all(Array.from({ length: 20 }, () => tokenAt(one, client)))
  const { id } = await one.api<{ id: string }>('POST', '/v1/realms/default/users', { email: 'last@example.com' })
  await one.kill()
  for (const { status, body } of tokens) {
    assert.equal(status, 200)
    assert.equal(await isActive(other, client, String(body.access_token)), true)
  }
  assert.equal((await other.api<{ id: string }>('GET', `/v1/realms/default/users/${id}`)).id, id)
  await until(
    () => events.join('').includes(id),
    () => events.join(''),
  )
  const later = await other.api<{ id: string }>('POST', '/v1/realms/default/users', { email: 'later@example.com' })
  await until(
    () => events.join('').includes(later.id),
    () => events.join(''),
  )
  assert.equal((await tokenAt(other, client)).status, 200)
  assert.equal((await other.api<{ ok: boolean }>('POST', '/v1/events/verify', {})).ok, true)

  const again = await both.restart()
  assert.equal((await tokenAt(again, client)).status, 200)
  assert.equal((await again.api<{ id: string }>('GET', `/v1/realms/default/users/${later.id}`)).id, later.id)
  ending.abort()
  await reading
})
