// Kills the server two hundred times under load.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crash } from './crash.ts'
import { postgresForTests } from './postgres.ts'

const ROUNDS = 200

test('what was answered outlives kill -9 on SQLite, two hundred times', async () => {
  const report = await crash(ROUNDS)
  assert.deepEqual(report.lost, [])
  assert.ok(report.tokens > ROUNDS && report.writes > ROUNDS, `too few requests: ${JSON.stringify(report)}`)
})

test('what was answered outlives kill -9 on PostgreSQL, two hundred times', async (t) => {
  const postgres = await postgresForTests()
  t.after(() => postgres.close())
  const report = await crash(ROUNDS, postgres.url)
  assert.deepEqual(report.lost, [])
  assert.ok(report.tokens > ROUNDS && report.writes > ROUNDS, `too few requests: ${JSON.stringify(report)}`)
})
