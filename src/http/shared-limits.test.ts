// Checks limits that several servers share in Redis.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { hostFetch } from '#testing/host-fetch.ts'
import { postgresForTests } from '#testing/postgres.ts'
import { makeClient, makePerson, proofKey, REDIRECT_URI, type TestClient } from '#testing/realm.ts'
import { NO_REDIS, redisForTests, wireTo } from '#testing/redis.ts'
import { freePort, startServer, type TestServer } from '#testing/server.ts'
import { until } from '#testing/until.ts'
import { type Person, UserAgent } from '#testing/user-agent.ts'

// Servers that share a Redis, and what they tell when it is gone.

const redis = await redisForTests()
after(() => redis?.stop())

interface Told {
  readonly status: number
  readonly body: { readonly status: string; readonly checks: Record<string, { status: string; latency_ms?: number }> }
}

async function told(url: string): Promise<Told> {
  const response = await fetch(url)
  return { status: response.status, body: (await response.json()) as Told['body'] }
}

/** What is in the log about Redis. */
async function said(server: TestServer): Promise<string[]> {
  await pause(400)
  return server.output().match(/Redis is (?:not reachable|reachable again)/g) ?? []
}

/** Tries a wrong password at one of the servers, from a browser that nobody knows. @returns the status */
async function fail(issuer: string, server: TestServer, client: TestClient, { email }: Person): Promise<number> {
  const agent = new UserAgent(issuer, hostFetch(server.ports.public))
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: client.clientId,
    redirect_uri: REDIRECT_URI,
    scope: 'openid',
    code_challenge: proofKey().challenge,
    code_challenge_method: 'S256',
  })
  const page = await agent.follow(await agent.request(`${issuer}/oauth/authorize?${query}`))
  const { status } = await agent.submit(page, { email, password: 'wrong' })
  return status
}

test('two servers on one Redis share the budget of sign-ins, and each keeps one while Redis is not reachable', async (t) => {
  if (redis === undefined) return t.diagnostic(NO_REDIS)
  const database = await postgresForTests()
  const closing = [() => database.close()]
  t.after(async () => {
    for (const close of closing) await close()
  })
  const wire = await wireTo(redis.url)
  closing.unshift(() => wire.close())
  const publicPort = await freePort()
  const issuer = `http://127.0.0.1:${publicPort}`
  const env = {
    COUNTERSIGN_DATABASE_URL: database.url,
    COUNTERSIGN_REDIS_URL: wire.url,
    COUNTERSIGN_MASTER_KEY: '0123456789abcdef'.repeat(4),
    COUNTERSIGN_PUBLIC_URL: issuer,
    COUNTERSIGN_ADMIN_API_KEY: 'the-key-of-both-servers',
    COUNTERSIGN_SIGN_IN_ACCOUNT_LIMIT: '3',
  }
  const one = await startServer({ env, ports: { public: publicPort, admin: await freePort() } })
  closing.unshift(async () => void (await one.stop()))
  const other = await startServer({ env })
  closing.unshift(async () => void (await other.stop()))
  const client = await makeClient(one)
  const [ada, bob] = [await makePerson(one, 'ada@example.com'), await makePerson(one, 'bob@example.com')]

  const attempts = [await fail(issuer, one, client, ada), await fail(issuer, other, client, ada)]
  assert.deepEqual(attempts, [400, 400])
  assert.equal(await fail(issuer, one, client, ada), 400)
  assert.equal(await fail(issuer, one, client, ada), 429)
  assert.equal(await fail(issuer, other, client, ada), 429, 'the other one has granted one of three only')
  for (const server of [one, other]) {
    const { status, body } = await told(`${server.adminUrl}/health`)
    assert.equal(status, 200)
    assert.equal(body.checks.redis?.status, 'healthy')
    assert.equal(typeof body.checks.redis?.latency_ms, 'number')
  }

  await wire.cut()
  assert.equal(await fail(issuer, one, client, bob), 400, 'nobody is locked out')
  for (const _ of [2, 3]) assert.equal(await fail(issuer, one, client, bob), 400)
  assert.equal(await fail(issuer, one, client, bob), 429, 'and nobody may try for ever')
  const whole = await told(`${one.url}/health`)
  assert.deepEqual([whole.status, whole.body.status, whole.body.checks.redis?.status], [503, 'unhealthy', 'unhealthy'])
  const ready = await told(`${one.url}/health/ready`)
  assert.deepEqual([ready.status, ready.body.status, ready.body.checks.redis?.status], [200, 'healthy', 'unhealthy'])
  assert.equal((await said(one)).at(-1), 'Redis is not reachable')

  await wire.mend()
  await until(async () => (await told(`${one.url}/health`)).status === 200)
  await until(async () => (await told(`${other.url}/health`)).status === 200)
  assert.equal(await fail(issuer, other, client, ada), 429, 'what was counted before is known again')
  assert.equal((await said(one)).at(-1), 'Redis is reachable again')
  assert.equal(await one.stop(), 0)
})

test('a Redis that is not there keeps no server from starting, and is told of without its password', async () => {
  const env = { COUNTERSIGN_REDIS_URL: `redis://:hunter2@127.0.0.1:${await freePort()}` }
  const server = await startServer({ env })
  try {
    for (const base of [server.url, server.adminUrl]) {
      for (const [path, status] of Object.entries({
        '/health': 503,
        '/health/ready': 200,
        '/ready': 200,
        '/health/live': 200,
        '/healthz': 200,
      })) {
        assert.equal((await fetch(base + path)).status, status, path)
      }
    }
    assert.deepEqual(await said(server), ['Redis is not reachable'])
    assert.doesNotMatch(server.output(), /hunter2/)
  } finally {
    assert.equal(await server.stop(), 0)
  }
})
