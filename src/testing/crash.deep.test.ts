// Kills the server two hundred times under load, while it purges.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crash } from './crash.ts'
import { postgresForTests } from './postgres.ts'

const ROUNDS = 200
const OLD_TOKENS = 50_000

test('what was answered outlives kill -9 on SQLite, two hundred times', async (t) => {
  const report = await crash(ROUNDS, OLD_TOKENS)
  t.diagnostic(JSON.stringify(report))
  assert.deepEqual(report.lost, [])
  assert.ok(
    report.tokens > ROUNDS && report.writes > ROUNDS && report.purged > 0,
    `too few requests: ${JSON.stringify(report)}`,
  )
})

test('what was answered outlives kill -9 on PostgreSQL, two hundred times', async (t) => {
  const postgres = await postgresForTests()
  t.after(() => postgres.close())
  const report = await crash(ROUNDS, OLD_TOKENS, postgres.url)
  t.diagnostic(JSON.stringify(report))
  assert.deepEqual(report.lost, [])
  assert.ok(
    report.tokens > ROUNDS && report.writes > ROUNDS && report.purged > 0,
    `too few requests: ${JSON.stringify(report)}`,
  )
})
