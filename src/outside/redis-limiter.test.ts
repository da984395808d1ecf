// Checks rate limits that processes share in Redis.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { type AddressInfo, connect } from 'node:net'
import { after, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { createServer, getCACertificates, setDefaultCACertificates } from 'node:tls'
import { Redis } from 'ioredis'
import { TEST_CERTIFICATE } from '#testing/certificate.ts'
import { fixedClock } from '#testing/clock.ts'
import { NO_REDIS, ownPrefix, redisForTests, startRedis, type TestRedis, type Wire, wireTo } from '#testing/redis.ts'
import { freePort } from '#testing/server.ts'
import { until } from '#testing/until.ts'
import { createLimiter } from './limiter.ts'
import { probeRedis } from './redis.ts'
import { openRedisLimiter, type RedisLimiter } from './redis-limiter.ts'

// What several processes share, and what becomes of it when Redis goes and comes.

const opened: RedisLimiter[] = []
const wires: Wire[] = []
const common = await redisForTests()
/** One that may be set up as a test needs it. */
const own = await startRedis(['--requirepass', 'p@ss/word'])
const full = await startRedis(['--maxmemory', '1', '--maxmemory-policy', 'noeviction'])
after(async () => {
  for (const limiter of opened) await limiter.close()
  for (const wire of wires) await wire.close()
  for (const redis of [common, own, full]) await redis?.stop()
})

/** A test that needs a Redis; on a machine without one it says so. */
function withRedis(redis: TestRedis | undefined, name: string, work: (redis: TestRedis) => Promise<void>): void {
  test(name, (t) => (redis ? work(redis) : t.diagnostic(NO_REDIS)))
}

/** A process: its limiter, and what it said of Redis. */
async function processAt(url: string, prefix = ownPrefix()) {
  const clock = fixedClock()
  const said: string[] = []
  const watcher = { away: (reason: string) => said.push(reason), back: () => said.push('back') }
  const limiter = await openRedisLimiter(url, { prefix, memory: createLimiter(clock), watcher, clock, timeout: 1000 })
  opened.push(limiter)
  return { limiter, said }
}

async function ownWire(url: string): Promise<Wire> {
  const wire = await wireTo(url)
  wires.push(wire)
  return wire
}

withRedis(
  common,
  'two processes share a budget, and of many takes at once exactly the budget is granted',
  async (redis) => {
    const prefix = ownPrefix()
    const processes = await Promise.all([processAt(redis.url, prefix), processAt(redis.url, prefix)])
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) => processes[index % 2]?.limiter.take('a', 7, 60)),
    )
    assert.equal(answers.filter((answer) => answer === 0).length, 7)
    const [one, other] = processes
    await one.limiter.giveBack('a')
    assert.equal(await other.limiter.take('a', 7, 60), 0)
    assert.equal(await one.limiter.take('a', 7, 60), 60)
    await other.limiter.reset('a')
    assert.equal(await one.limiter.take('a', 7, 60), 0)
    const stranger = await processAt(redis.url)
    assert.equal(await stranger.limiter.take('a', 1, 60), 0, 'another installation has budgets of its own')
  },
)

withRedis(
  common,
  'the window is measured by the time of Redis, whatever the clock of the process says',
  async (redis) => {
    const clock = fixedClock(0)
    const prefix = ownPrefix()
    const watcher = { away: (reason: string) => assert.fail(reason), back: () => {} }
    const limiter = await openRedisLimiter(redis.url, { prefix, memory: createLimiter(clock), watcher, timeout: 5000 })
    opened.push(limiter)
    assert.equal(await limiter.take('long', 1, 3600), 0)
    clock.advance(7_200_000)
    assert.ok((await limiter.take('long', 1, 3600)) > 0)
    assert.equal(await limiter.take('short', 1, 1), 0)
    await until(async () => (await limiter.take('short', 1, 1)) === 0)
  },
)

withRedis(common, 'what is kept has the prefix, and goes by itself', async (redis) => {
  const prefix = ownPrefix()
  const { limiter } = await processAt(redis.url, prefix)
  await limiter.take('a', 3, 60)
  await limiter.take('b', 3, 3600)
  assert.equal(await limiter.responds(), true)
  const client = new Redis(redis.url)
  try {
    const [, keys] = await client.scan(0, 'MATCH', `${prefix}*`, 'COUNT', 1_000_000)
    assert.deepEqual(keys.sort(), [`${prefix}a`, `${prefix}b`])
    const [short, long] = [await client.pttl(`${prefix}a`), await client.pttl(`${prefix}b`)]
    assert.ok(short > 0 && short <= 60_000 && long > 60_000 && long <= 3_600_000)
  } finally {
    client.disconnect()
  }
})

for (const [fault, way] of [
  ['Redis stops', 'cut'],
  ['the network to it fails without a word', 'hold'],
] as const) {
  withRedis(
    common,
    `when ${fault}, each process goes on with what it granted, and comes back to Redis`,
    async (redis) => {
      const wire = await ownWire(redis.url)
      const prefix = ownPrefix()
      const [one, other] = [await processAt(wire.url, prefix), await processAt(wire.url, prefix)]
      for (const _ of [1, 2]) assert.equal(await one.limiter.take('a', 3, 60), 0)
      await wire[way]()
      assert.equal(await one.limiter.take('a', 3, 60), 0, 'nobody is locked out')
      assert.equal(await one.limiter.take('a', 3, 60), 60, 'and the gates stay shut')
      assert.equal(await other.limiter.take('a', 3, 60), 0)
      await one.limiter.giveBack('a')
      assert.equal(await one.limiter.take('a', 3, 60), 0)
      await one.limiter.reset('b')
      assert.equal(await one.limiter.responds(), false)
      // Long enough for some tries to connect.
      await pause(1600)
      assert.equal(one.said.length, 1, `it is said once: ${one.said}`)

      await wire.mend()
      await until(() => one.limiter.responds())
      await until(() => other.limiter.responds())
      assert.equal(one.said[1], 'back')
      assert.equal(one.said.length, 2)
      assert.equal(await other.limiter.take('a', 3, 60), 0, 'Redis knows of two')
      assert.equal(await one.limiter.take('a', 3, 60), 60, 'the budget is shared again')
    },
  )
}

withRedis(common, 'an answer that came while the process was busy came in time', async (redis) => {
  const prefix = ownPrefix()
  const said: string[] = []
  const watcher = { away: (reason: string) => said.push(reason), back: () => {} }
  const memory = createLimiter(fixedClock())
  const limiter = await openRedisLimiter(redis.url, { prefix, memory, watcher, timeout: 250 })
  opened.push(limiter)
  const answer = limiter.take('a', 1, 60)
  const busyUntil = Date.now() + 1000
  while (Date.now() < busyUntil);
  assert.equal(await answer, 0)
  assert.deepEqual(said, [])
})

withRedis(common, 'a Redis that comes later is used from then on', async (redis) => {
  const wire = await ownWire(redis.url)
  await wire.cut()
  const { limiter, said } = await processAt(wire.url)
  assert.equal(said.length, 1)
  assert.match(said[0] ?? '', /ECONNREFUSED/)
  assert.equal(await limiter.take('a', 1, 60), 0)
  await wire.mend()
  await until(() => limiter.responds())
  assert.deepEqual(said.slice(1), ['back'])
})

test('without any Redis the limits hold, and closing is quick', async () => {
  const { limiter, said } = await processAt(`redis://127.0.0.1:${await freePort()}`)
  assert.equal(await limiter.take('a', 1, 60), 0)
  assert.equal(await limiter.take('a', 1, 60), 60)
  assert.equal(await limiter.responds(), false)
  await limiter.close()
  assert.equal(said.length, 1)
})

withRedis(full, 'a Redis that takes no more writes is away, though it answers a PING', async (redis) => {
  const { limiter, said } = await processAt(redis.url)
  assert.equal(await limiter.take('a', 1, 60), 0)
  assert.equal(await limiter.take('a', 1, 60), 60)
  assert.equal(await limiter.responds(), false)
  await pause(1600)
  assert.equal(said.length, 1)
  assert.match(said[0] ?? '', /OOM/)
  await assert.rejects(probeRedis(redis.url), /OOM/)
})

withRedis(own, 'a password is used, and a wrong one is no reason to be told', async (redis) => {
  const { host } = new URL(redis.url)
  const right = await processAt(`redis://:p%40ss%2Fword@${host}/3`)
  assert.equal(await right.limiter.responds(), true)
  assert.match(await probeRedis(`redis://default:p%40ss%2Fword@${host}`), /^(Redis|Valkey) \d+\./)
  const wrong = await processAt(`redis://:hunter2@${host}`)
  assert.equal(await wrong.limiter.take('a', 1, 60), 0)
  assert.match(wrong.said.join(), /WRONGPASS|invalid password/i)
  assert.doesNotMatch(wrong.said.join(), /hunter2/)
  await assert.rejects(probeRedis(`redis://:hunter2@${host}`), /WRONGPASS|invalid password/i)
  await assert.rejects(probeRedis(redis.url), /NOAUTH/)
})

withRedis(own, 'a user of Redis needs no more rights than the documentation gives it', async (redis) => {
  const page = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8')
  const [, rules = ''] = /^ACL SETUSER countersign (.*)$/m.exec(page) ?? []
  const { host } = new URL(redis.url)
  const client = new Redis(`redis://:p%40ss%2Fword@${host}`)
  await client.call('ACL', 'SETUSER', 'countersign', ...rules.replace('…', 'secret').split(' '))
  client.disconnect()
  const user = `redis://countersign:secret@${host}`
  const { limiter, said } = await processAt(user, 'countersign:prefix:')
  assert.deepEqual(said, [])
  assert.equal(await limiter.take('a', 1, 1), 0)
  await until(async () => (await limiter.take('a', 1, 1)) === 0)
  await limiter.giveBack('a')
  await limiter.reset('a')
  assert.equal(await limiter.responds(), true)
  assert.equal(await probeRedis(user), 'Redis')
  const elsewhere = await processAt(user, 'others:')
  assert.match(elsewhere.said.join(), /NOPERM/)
})

withRedis(
  common,
  'over TLS the certificate must be one that is trusted, and the name in the address is told',
  async (redis) => {
    const { hostname, port } = new URL(redis.url)
    const names: (string | false | null)[] = []
    const server = createServer({ ...TEST_CERTIFICATE }, (near) => {
      names.push(near.servername)
      const far = connect(Number(port || 6379), hostname)
      for (const socket of [near, far]) socket.on('error', () => {})
      near.pipe(far).pipe(near)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const at = (host: string) => `rediss://${host}:${(server.address() as AddressInfo).port}`
    const trusted = getCACertificates('default')
    try {
      const { said } = await processAt(at('localhost'))
      assert.match(said.join(), /self-signed certificate/)
      setDefaultCACertificates([...trusted, TEST_CERTIFICATE.cert])
      for (const host of ['localhost', '127.0.0.1']) {
        const { limiter } = await processAt(at(host))
        assert.equal(await limiter.responds(), true, host)
        await limiter.close()
      }
      assert.ok(names.includes('localhost'), `the name is told: ${names}`)
    } finally {
      setDefaultCACertificates(trusted)
      server.close()
    }
  },
)
