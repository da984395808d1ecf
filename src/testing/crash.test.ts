// Kills the server under load, while it purges, and checks that nothing answered is lost.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crash } from './crash.ts'
import { postgresForTests } from './postgres.ts'

const ROUNDS = 3
const OLD_TOKENS = 2_000

test('what was answered outlives kill -9 on SQLite', async () => {
  const report = await crash(ROUNDS, OLD_TOKENS)
  assert.deepEqual(report.lost, [])
  assert.ok(report.tokens > ROUNDS && report.writes > ROUNDS, `too few requests: ${JSON.stringify(report)}`)
})

test('what was answered outlives kill -9 on PostgreSQL', async (t) => {
  const postgres = await postgresForTests()
  t.after(() => postgres.close())
  const report = await crash(ROUNDS, OLD_TOKENS, postgres.url)
  assert.deepEqual(report.lost, [])
  assert.ok(report.tokens > ROUNDS && report.writes > ROUNDS, `too few requests: ${JSON.stringify(report)}`)
})
