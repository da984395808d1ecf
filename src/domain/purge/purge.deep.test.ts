// Measures how fast tokens are issued, and how long that takes, while a server purges millions of expired ones.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadTokens } from '#testing/bulk/tokens.ts'
import { DIALECTS } from '#testing/databases.ts'
import { postgresForTests } from '#testing/postgres.ts'
import { startServer, type TestServer } from '#testing/server.ts'

const COUNTS = { sqlite: 5_000_000, postgres: 500_000 }
const AGE = 4 * 86_400_000
const CALLERS = 16
const QUIET_SECONDS = 20
const TIMEOUT_SECONDS = 240

/** Issues tokens until a work is done. @returns the rate, and the p99 in milliseconds */
async function issueDuring(url: string, authorization: string, work: Promise<unknown>) {
  const agent = new Agent({ keepAlive: true })
  const taken: number[] = []
  let isDone = false
  const done = work.finally(() => {
    isDone = true
  })
  const body = 'grant_type=client_credentials'
  const headers = { authorization, 'content-type': 'application/x-www-form-urlencoded', 'content-length': body.length }
  const one = () =>
    new Promise<void>((resolve, reject) => {
      const asked = request(`${url}/oauth/token`, { method: 'POST', agent, headers }, (response) => {
        response.resume()
        response.on('end', () => (response.statusCode === 200 ? resolve() : reject(new Error('not a token'))))
      })
      asked.on('error', reject)
      asked.end(body)
    })
  const start = performance.now()
  const caller = async () => {
    while (!isDone) {
      const begin = performance.now()
      await one()
      taken.push(performance.now() - begin)
    }
  }
  await Promise.all([done, ...Array.from({ length: CALLERS }, caller)])
  agent.destroy()
  taken.sort((left, right) => left - right)
  const rate = (1000 * taken.length) / (performance.now() - start)
  return { rate, p99: taken[Math.floor(taken.length * 0.99)] ?? 0, longest: taken.at(-1) ?? 0 }
}

async function makeClient(server: TestServer): Promise<string> {
  const client = await server.api<{ client_id: string; client_secret: string }>('POST', '/v1/realms/default/clients', {
    label: 'Load',
    grant_types: ['client_credentials'],
    scopes: ['work'],
  })
  return `Basic ${btoa(`${client.client_id}:${client.client_secret}`)}`
}

for (const dialect of DIALECTS) {
  const count = COUNTS[dialect]
  test(`${count} expired tokens are purged under load on ${dialect}`, async (t) => {
    const dataDir = mkdtempSync(join(tmpdir(), 'countersign-purge-'))
    const postgres = dialect === 'postgres' ? await postgresForTests() : undefined
    t.after(async () => {
      await postgres?.close()
      rmSync(dataDir, { recursive: true, force: true })
    })
    const masterKey = randomBytes(32).toString('base64')
    const env: Record<string, string> = {
      COUNTERSIGN_ADMIN_API_KEY: 'purge-test-admin-key',
      COUNTERSIGN_MASTER_KEY: masterKey,
      COUNTERSIGN_LOG_LEVEL: 'warn',
      ...(postgres && { COUNTERSIGN_DATABASE_URL: postgres.url }),
    }
    const first = await startServer({ dataDir, env })
    const authorization = await makeClient(first)
    await issueDuring(first.url, authorization, Promise.resolve())
    await first.kill()
    await loadTokens(postgres?.url ?? join(dataDir, 'countersign.sqlite'), masterKey, { count, age: AGE })
    const server = await startServer({ dataDir, env })

    const seconds = (number: number) => new Promise((resolve) => setTimeout(resolve, number * 1000))
    await issueDuring(server.url, authorization, seconds(QUIET_SECONDS / 2))
    const quiet = await issueDuring(server.url, authorization, seconds(QUIET_SECONDS))
    const before = new Date(Date.now() - AGE / 2).toISOString()
    let purged = 0
    const purge = async () => {
      for (let complete = false; !complete; ) {
        const body = { only: ['issuances'], before, timeout_seconds: TIMEOUT_SECONDS }
        const answer = await server.api<{ complete: boolean; targets: { rows: number }[] }>('POST', '/v1/purge', body)
        complete = answer.complete
        purged += answer.targets[0]?.rows ?? 0
      }
    }
    const start = performance.now()
    const beside = await issueDuring(server.url, authorization, purge())
    const took = (performance.now() - start) / 1000
    const after = await issueDuring(server.url, authorization, seconds(QUIET_SECONDS))
    const { ok } = await server.api<{ ok: boolean }>('POST', '/v1/events/verify')
    await server.stop()
    const shown = ({ rate, p99, longest }: typeof quiet) =>
      `${rate.toFixed(0)}/s, p99 ${p99.toFixed(1)} ms, longest ${longest.toFixed(0)} ms`
    t.diagnostic(
      `${dialect}: ${purged} tokens purged in ${took.toFixed(0)} s; quiet ${shown(quiet)}; beside it ${shown(beside)}; after it ${shown(after)}`,
    )
    assert.equal(ok, true)
    assert.ok(purged >= count)
  })
}
