// Checks requests that race for the same code, token or session.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { DEVICE_CODE_GRANT } from '#domain/device-authorization/device-authorization.ts'
import { assertionFields, makeClientKey, signAssertion } from '#testing/assertion.ts'
import { DIALECTS, type DialectName } from '#testing/databases.ts'
import { makeDpopKey } from '#testing/dpop.ts'
import { postgresForTests } from '#testing/postgres.ts'
import { exchange, getCode, isActive, makeClient, makePerson, post, refresh, type TestClient } from '#testing/realm.ts'
import { startServer, type TestServer } from '#testing/server.ts'
import { until } from '#testing/until.ts'
import { type Person, UserAgent } from '#testing/user-agent.ts'

// Many at once, at one server on SQLite and at two on one PostgreSQL database: what may happen once happens once, and
// what ends takes with it what is being made at that moment.

interface Place {
  /** One server, or two on the same database. */
  readonly servers: readonly TestServer[]
  close(): Promise<void>
}

async function openPlace(dialect: DialectName): Promise<Place> {
  if (dialect === 'sqlite') {
    const server = await startServer()
    return { servers: [server], close: async () => void (await server.stop()) }
  }
  const database = await postgresForTests()
  const shared = { COUNTERSIGN_DATABASE_URL: database.url, COUNTERSIGN_ADMIN_API_KEY: 'races-test-admin-key' }
  const first = await startServer({ env: shared })
  const env = { ...shared, COUNTERSIGN_PUBLIC_URL: first.url }
  const second = await startServer({ dataDir: first.dataDir, env })
  return {
    servers: [first, second],
    async close() {
      await second.stop()
      await first.stop()
      await database.close()
    },
  }
}

for (const dialect of DIALECTS) {
  describe(`races on ${dialect}`, () => {
    let place: Place
    let server: TestServer
    let client: TestClient
    let person: Person & { id: string }
    let agent: UserAgent

    before(async () => {
      place = await openPlace(dialect)
      server = place.servers[0] as TestServer
      client = await makeClient(server, { first_party: true, introspect_all_tokens: true })
      person = await makePerson(server, 'ada@example.com')
      agent = new UserAgent(server.url)
    })
    after(() => place.close())

    /** Does something so many times at once, at every server in turn. */
    const atOnce = <T>(count: number, work: (server: TestServer) => Promise<T>): Promise<T[]> =>
      Promise.all(
        Array.from({ length: count }, (_, at) => work(place.servers[at % place.servers.length] as TestServer)),
      )
    /** The server that was not asked last. */
    const other = () => place.servers.at(-1) as TestServer

    const signIn = async (as = client) => {
      const { body } = await exchange(server, as, await getCode(server, as, person, {}, agent))
      return { access: String(body.access_token), refresh: String(body.refresh_token) }
    }

    /** Asserts that no server takes a token any more. */
    const assertDead = async (answer: { status: number; body: Record<string, unknown> }, as = client) => {
      if (answer.status !== 200) return
      for (const one of place.servers) {
        assert.equal(await isActive(one, client, String(answer.body.access_token)), false)
        const again = await refresh(one, as, String(answer.body.refresh_token))
        assert.ok(again.status >= 400, 'a refresh token outlived what it came from')
      }
    }

    test('RC-01 a code is exchanged once, and its tokens do not survive the others', async () => {
      for (let round = 0; round < 3; round++) {
        const coded = await getCode(server, client, person, {}, agent)
        const answers = await atOnce(20, (one) => exchange(one, client, coded))
        const won = answers.filter(({ status }) => status === 200)
        assert.equal(won.length, 1)
        for (const { status, body } of answers) {
          if (status !== 200) assert.deepEqual([status, body.error], [400, 'invalid_grant'])
        }
        assert.equal(await isActive(other(), client, String(won[0]?.body.access_token)), false)
        await assertDead(won[0] as (typeof answers)[number])
      }
    })

    test('RC-02 a refresh token has one successor, however many ask at once', async () => {
      for (let round = 0; round < 3; round++) {
        const tokens = await signIn()
        const answers = await atOnce(20, (one) => refresh(one, client, tokens.refresh))
        assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
        const heads = [...new Set(answers.map(({ body }) => String(body.refresh_token)))]
        assert.equal(heads.length, 1)
        assert.equal((await refresh(other(), client, heads[0] ?? '')).status, 200)
      }
    })

    test('RC-02 a spent token that comes back while the family is refreshed ends it', async () => {
      for (let round = 0; round < 3; round++) {
        const first = await signIn()
        const second = await refresh(server, client, first.refresh)
        const third = await refresh(server, client, String(second.body.refresh_token))
        const [goesOn, thief] = await Promise.all([
          refresh(server, client, String(third.body.refresh_token)),
          refresh(other(), client, first.refresh),
        ])
        assert.equal(thief.status, 400)
        await assertDead(third)
        await assertDead(goesOn)
      }
    })

    test('RT-02 RC-02 fifty at once come to one head, nobody is locked out within the grace, and a theft after it ends all', async () => {
      const first = await signIn()
      const answers = await atOnce(50, (one) => refresh(one, client, first.refresh))
      assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
      const heads = [...new Set(answers.map(({ body }) => String(body.refresh_token)))]
      assert.equal(heads.length, 1)
      // Within the grace the spent token still leads to the one head, at every server.
      for (const one of place.servers) {
        const late = await refresh(one, client, first.refresh)
        assert.deepEqual([late.status, late.body.refresh_token], [200, heads[0]])
      }
      const next = await refresh(other(), client, heads[0] ?? '')
      assert.equal(next.status, 200)
      // The head has been used, so that the client had it: whoever comes with the first token now has stolen it.
      const thefts = await atOnce(4, (one) => refresh(one, client, first.refresh))
      for (const { status, body } of thefts) assert.deepEqual([status, body.error], [400, 'invalid_grant'])
      await assertDead(next)
      for (const answer of answers.slice(0, 4)) await assertDead(answer)
    })

    test('RC-08 a DPoP proof is taken once', async () => {
      const key = await makeDpopKey()
      for (let round = 0; round < 3; round++) {
        const dpop = await key.prove(`${server.url}/oauth/token`, Date.now())
        const fields = { grant_type: 'client_credentials' }
        const answers = await atOnce(10, (one) =>
          post(one, '/oauth/token', fields, { authorization: client.basic, dpop }),
        )
        assert.deepEqual(answers.map(({ status }) => status).sort(), [200, ...Array(9).fill(400)])
      }
    })

    test('RC-13 a key that is revoked while it is used does nothing afterwards', async () => {
      const made = await server.api<{ id: string; key: string }>('POST', '/v1/api-keys', {
        ...{ name: 'short', permissions: ['users:write'] },
      })
      const create = (one: TestServer) => {
        const email = `made-${Math.random().toString(36).slice(2)}@example.com`
        return one.call('POST', '/v1/realms/default/users', { key: made.key, body: { email } })
      }
      const [answers] = await Promise.all([atOnce(20, create), server.api('DELETE', `/v1/api-keys/${made.id}`)])
      for (const { status } of answers) assert.ok(status === 201 || status === 401, String(status))
      for (const one of place.servers) await until(async () => (await create(one)).status === 401)
      const search = '/v1/realms/default/users?search=made-&limit=200'
      const count = async () => (await server.api<{ data: unknown[] }>('GET', search)).data.length
      const kept = await count()
      await atOnce(4, create)
      assert.equal(await count(), kept)
    })

    test('RC-14 a tenant that is deleted while users are made in it leaves none', async () => {
      const slug = `gone-${Math.random().toString(36).slice(2, 8)}`
      const { id } = await server.api<{ id: string }>('POST', '/v1/tenants', { name: 'Gone', slug })
      const realm = await server.api<{ issuer_id: string }>('POST', `/v1/realms?tenant_id=${id}`, { name: 'Gone' })
      const path = `/v1/realms/${realm.issuer_id}/users`
      let made = 0
      const [answers] = await Promise.all([
        atOnce(20, (one) => one.call('POST', path, { body: { email: `user-${++made}@example.com` } })),
        server.api('DELETE', `/v1/tenants/${id}`),
      ])
      for (const { status } of answers) assert.ok([201, 404, 409].includes(status), String(status))
      for (const one of place.servers) {
        await until(async () => (await one.call('GET', path)).status === 404)
        assert.equal((await one.call('POST', path, { body: { email: 'late@example.com' } })).status, 404)
      }
    })

    test('RC-09 a device gets in once, and whoever polls too early is told so by every server', async () => {
      const device = await makeClient(server, { grant_types: [DEVICE_CODE_GRANT, 'refresh_token'] })
      const start = async () => {
        const { body } = await post(server, '/oauth/device_authorization', {}, { authorization: device.basic })
        const fields = { grant_type: DEVICE_CODE_GRANT, device_code: String(body.device_code) }
        const poll = (one: TestServer) => post(one, '/oauth/token', fields, { authorization: device.basic })
        return { poll, link: String(body.verification_uri_complete) }
      }
      const early = await start()
      const told = (await atOnce(10, early.poll)).map(({ body }) => String(body.error))
      assert.deepEqual(told.sort(), ['authorization_pending', ...Array.from({ length: 9 }, () => 'slow_down')])
      for (let round = 0; round < 3; round++) {
        const { poll, link } = await start()
        const decisions = await Promise.allSettled(
          (['allow', 'deny', 'allow', 'deny'] as const).map((decision) =>
            new UserAgent(server.url).decideDevice(link, person, { decision }),
          ),
        )
        const pages = decisions.flatMap((each) => (each.status === 'fulfilled' ? [each.value.text] : []))
        const connected = pages.some((text) => /is connected/.test(text))
        const answers = await atOnce(20, poll)
        const won = answers.filter(({ status }) => status === 200)
        assert.equal(won.length, connected ? 1 : 0)
        for (const { status, body } of answers) {
          if (status !== 200)
            assert.deepEqual([status, body.error], [400, connected ? 'invalid_grant' : 'access_denied'])
        }
        if (connected) assert.equal(await isActive(other(), client, String(won[0]?.body.access_token)), true)
      }
    })

    test('RC-07 an assertion is taken once', async () => {
      const key = await makeClientKey()
      const given = { auth_method: 'private_key_jwt', jwks: { keys: [key.jwk] }, grant_types: ['client_credentials'] }
      const { clientId } = await makeClient(server, given)
      for (let round = 0; round < 3; round++) {
        const assertion = await signAssertion(
          key,
          { clientId, issuer: server.url, now: Date.now() },
          { jti: `j${round}` },
        )
        const fields = { grant_type: 'client_credentials', ...assertionFields(assertion) }
        const statuses = (await atOnce(10, (one) => post(one, '/oauth/token', fields))).map(({ status }) => status)
        assert.deepEqual(statuses.sort(), [200, ...Array(9).fill(401)])
      }
    })

    test('RC-11 an address belongs to one user', async () => {
      const spellings = ['eve@example.com', 'EVE@example.com', 'Eve@Example.COM']
      const answers = await atOnce(20, (one) => {
        const email = spellings[Math.floor(Math.random() * 3)]
        return one.call('POST', '/v1/realms/default/users', { body: { email } })
      })
      assert.deepEqual(answers.map(({ status }) => status).sort(), [201, ...Array(19).fill(409)])
      const { data } = await server.api<{ data: unknown[] }>('GET', '/v1/realms/default/users?search=eve@')
      assert.equal(data.length, 1)
    })

    test('RC-15 rotations at once make one line of keys', async () => {
      const realm = await server.api<{ issuer_id: string }>('POST', '/v1/realms', { name: 'Rotating' })
      const path = `/v1/realms/${realm.issuer_id}/keys`
      const answers = await atOnce(10, (one) => one.call('POST', `${path}/rotate`, { body: { immediate: true } }))
      const rotated = answers.filter(({ status }) => status === 200)
      assert.ok(rotated.length >= 1)
      for (const { status, body } of answers) {
        assert.ok(status === 200 || status === 409, `${status} ${JSON.stringify(body)}`)
      }
      const { data } = await server.api<{ data: { kid: string; state: string }[] }>('GET', path)
      const states = data.map(({ state }) => state)
      assert.deepEqual(states, [...Array(rotated.length).fill('retiring'), 'active', 'next'])
      const signing = rotated.map(({ body }) => (body as { active: { kid: string } }).active.kid)
      assert.deepEqual(
        [...signing].sort(),
        data
          .slice(1, -1)
          .map(({ kid }) => kid)
          .sort(),
      )
      for (const one of place.servers) {
        const response = await fetch(`${one.url}/realms/${realm.issuer_id}/jwks.json`)
        const { keys } = (await response.json()) as { keys: { kid: string }[] }
        assert.deepEqual(keys.map(({ kid }) => kid).sort(), data.map(({ kid }) => kid).sort())
      }
      const scheduled = await atOnce(6, (one) => one.call('POST', `${path}/rotate`, { body: {} }))
      for (const { status } of scheduled) assert.ok(status === 200 || status === 409)
      assert.deepEqual((await server.api<{ data: { state: string }[] }>('GET', path)).data.length, data.length)
    })

    test('RC-18 no token survives the consent, whichever came first', async () => {
      const third = await makeClient(server)
      for (let round = 0; round < 6; round++) {
        const coded = await getCode(server, third, person, {}, agent)
        const first = round % 2 === 0 ? undefined : await exchange(server, third, coded)
        const { data } = await server.api<{ data: { id: string }[] }>(
          'GET',
          `/v1/realms/default/grants?client_id=${third.id}`,
        )
        assert.ok(data.length > 0)
        const [answer] = await Promise.all([
          first ? refresh(other(), third, String(first.body.refresh_token)) : exchange(other(), third, coded),
          ...data.map(({ id }) => server.api('POST', `/v1/realms/default/grants/${id}/revoke`)),
        ])
        if (first) await assertDead(first, third)
        await assertDead(answer as Awaited<ReturnType<typeof refresh>>, third)
      }
    })

    test('RC-19 no token survives the session, whichever came first', async () => {
      for (let round = 0; round < 6; round++) {
        const coded = await getCode(server, client, person, {}, agent)
        const first = round % 2 === 0 ? undefined : await exchange(server, client, coded)
        const { data } = await server.api<{ data: { id: string }[] }>(
          'GET',
          `/v1/realms/default/sessions?user_id=${person.id}`,
        )
        const [answer] = await Promise.all([
          first ? refresh(other(), client, String(first.body.refresh_token)) : exchange(other(), client, coded),
          ...data.map(({ id }) => server.api('POST', `/v1/realms/default/sessions/${id}/revoke`)),
        ])
        if (first) await assertDead(first)
        await assertDead(answer as Awaited<ReturnType<typeof refresh>>)
      }
    })
  })
}
