// Checks the health routes.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { postgresForTests } from '#testing/postgres.ts'
import { freePort, startServer, type TestServer } from '#testing/server.ts'

// Zautha, “Health”: of a server that has all it needs, of one whose Redis is away, and of one whose database is.

const servers: Record<'whole' | 'withoutRedis' | 'withoutDatabase', TestServer> = {} as never

before(async () => {
  const database = await postgresForTests()
  const [whole, withoutRedis, withoutDatabase] = await Promise.all([
    startServer(),
    startServer({ env: { COUNTERSIGN_REDIS_URL: `redis://127.0.0.1:${await freePort()}` } }),
    startServer({ env: { COUNTERSIGN_DATABASE_URL: database.url } }),
  ])
  Object.assign(servers, { whole, withoutRedis, withoutDatabase })
  await database.close()
})
after(() => Promise.all(Object.values(servers).map((server) => server.stop())))

interface Health {
  readonly status: string
  readonly checks: Readonly<Record<'database' | 'redis', { readonly status: string; readonly latency_ms?: number }>>
  readonly version: string
  readonly timestamp: string
}

/** What both listeners say, which is the same, without any credential. */
async function ask(server: TestServer, path: string): Promise<{ status: number; body: Health }> {
  const [one, other] = await Promise.all(
    [server.url, server.adminUrl].map(async (base) => {
      const response = await fetch(base + path)
      assert.match(response.headers.get('content-type') ?? '', /^application\/json/)
      assert.equal(response.headers.get('cache-control'), 'no-store')
      return { status: response.status, body: (await response.json()) as Health }
    }),
  )
  assert.ok(one && other)
  assert.deepEqual([one.status, one.body.status], [other.status, other.body.status])
  return one
}

test('GET /health: of the database and of Redis, and fails with either', async () => {
  const { status, body } = await ask(servers.whole, '/health')
  assert.deepEqual([status, body.status], [200, 'healthy'])
  assert.equal(body.checks.database.status, 'healthy')
  assert.ok(Number(body.checks.database.latency_ms) >= 0)
  assert.deepEqual(body.checks.redis, { status: 'not_configured' })
  assert.match(body.version, /^\d+\.\d+\.\d+/)
  assert.match(body.timestamp, /^\d{4}-\d\d-\d\dT.*Z$/)
  assert.doesNotMatch(JSON.stringify(body), /tenant|tnt_/)
  for (const [server, checks] of [
    [servers.withoutRedis, ['healthy', 'unhealthy']],
    [servers.withoutDatabase, ['unhealthy', 'not_configured']],
  ] as const) {
    const failing = await ask(server, '/health')
    assert.deepEqual([failing.status, failing.body.status], [503, 'unhealthy'])
    assert.deepEqual([failing.body.checks.database.status, failing.body.checks.redis.status], checks)
  }
})

test('GET /health/ready: whether requests may be sent, which a database is needed for and Redis is not', async () => {
  for (const [server, status, word] of [
    [servers.whole, 200, 'healthy'],
    [servers.withoutRedis, 200, 'healthy'],
    [servers.withoutDatabase, 503, 'unhealthy'],
  ] as const) {
    const ready = await ask(server, '/health/ready')
    assert.deepEqual([ready.status, ready.body.status], [status, word])
  }
})

test('GET /health/live: whether the process runs, whatever it lacks', async () => {
  for (const server of Object.values(servers)) {
    const live = await ask(server, '/health/live')
    assert.deepEqual([live.status, live.body], [200, { status: 'healthy' }])
  }
})
