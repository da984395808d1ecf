// Checks the admin API over HTTP.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startServer, type TestServer } from '#testing/server.ts'

// What holds for every route of the admin API: pages, versions, retries, the stream.

let server: TestServer
before(async () => {
  server = await startServer()
})
after(() => server.stop())

interface RealmBody {
  issuer_id: string
  name: string
  version: number
}
interface PageBody {
  data: RealmBody[]
  next_cursor: string | null
}

test('a realm is created as SemAuth documents it', async () => {
  const { status, body } = await server.call('POST', '/v1/realms', { body: { name: 'Production' } })
  assert.equal(status, 201)
  const realm = body as Record<string, unknown>
  assert.match(String(realm.issuer_id), /^[a-z0-9]{12}$/)
  const { name, enabled, magic_link_enabled: magicLink, passkey_enabled: passkey, min_aal: minAal } = realm
  assert.deepEqual([name, enabled, magicLink, passkey, minAal], ['Production', true, true, true, 1])
  const discovery = (await (await fetch(String(realm.discovery_url))).json()) as { issuer: string }
  assert.equal(discovery.issuer, `${server.url}/realms/${realm.issuer_id}`)
})

test('a floor that no sign-in method reaches is refused, and nothing changes', async () => {
  const realm = await server.api<RealmBody>('POST', '/v1/realms', { name: 'Floor' })
  const path = `/v1/realms/${realm.issuer_id}`
  const { status, body } = await server.call('PATCH', path, { body: { passkey_enabled: false, min_aal: 3 } })
  assert.equal(status, 400)
  assert.match((body as { error_description: string }).error_description, /min_aal 3 is unreachable/)
  assert.deepEqual(await server.api('GET', path), realm)
  const both = await server.call('PATCH', path, { body: { passkey_enabled: true, min_aal: 3 } })
  assert.equal(both.status, 400, 'a passkey that nobody can enrol is no way to reach it')
})

test('pages follow one another without a gap while things are added', async () => {
  for (let count = 0; count < 7; count++) await server.api('POST', '/v1/realms', { name: `Page ${count}` })
  const seen: string[] = []
  let cursor: string | null = null
  do {
    const query: string = cursor === null ? '' : `&cursor=${cursor}`
    const page: PageBody = await server.api<PageBody>('GET', `/v1/realms?limit=3${query}`)
    assert.ok(page.data.length <= 3)
    seen.push(...page.data.map((realm) => realm.issuer_id))
    cursor = page.next_cursor
    if (seen.length === 3) await server.api('POST', '/v1/realms', { name: 'Added meanwhile' })
  } while (cursor !== null)
  assert.equal(new Set(seen).size, seen.length)
  assert.ok(seen.length >= 9)
})

test('a change that was made on an older version is refused', async () => {
  const made = await server.call('POST', '/v1/realms', { body: { name: 'Versioned' } })
  const etag = made.headers.get('etag')
  assert.equal(etag, '"v1"')
  const path = `/v1/realms/${(made.body as RealmBody).issuer_id}`
  const headers = { 'if-match': '"v1"' }
  const first = await server.call('PATCH', path, { body: { name: 'Mine' }, headers })
  assert.deepEqual([first.status, first.headers.get('etag')], [200, '"v2"'])
  const second = await server.call('PATCH', path, { body: { name: 'Theirs' }, headers })
  assert.equal(second.status, 412)
  assert.equal((await server.api<RealmBody>('GET', path)).name, 'Mine')
})

test('of many changes of one version at once, one is made', async () => {
  const { issuer_id: issuerId } = await server.api<RealmBody>('POST', '/v1/realms', { name: 'Contended' })
  const replies = await Promise.all(
    Array.from({ length: 10 }, (_, count) =>
      server.call('PATCH', `/v1/realms/${issuerId}`, {
        body: { name: `Name ${count}` },
        headers: { 'if-match': '"v1"' },
      }),
    ),
  )
  assert.equal(replies.filter(({ status }) => status === 200).length, 1)
  assert.equal(replies.filter(({ status }) => status === 412).length, 9)
})

test('a request that is repeated with its idempotency key is carried out once', async () => {
  const headers = { 'idempotency-key': 'create-once' }
  const body = { label: 'Once', grant_types: ['client_credentials'], scopes: [] }
  const path = '/v1/realms/default/clients'
  const first = await server.call('POST', path, { body, headers })
  assert.equal(first.status, 201)
  const second = await server.call('POST', path, { body, headers })
  assert.equal(second.status, 201)
  assert.deepEqual(second.body, first.body, 'the secret too')
  assert.equal(second.headers.get('idempotency-replayed'), 'true')
  const other = await server.call('POST', path, { body: { ...body, label: 'Other' }, headers })
  assert.equal(other.status, 409)
  assert.equal((other.body as { error: string }).error, 'idempotency_conflict')
})

test('a key that was used for one tenant does not answer for another', async () => {
  const { id } = await server.api<{ id: string }>('POST', '/v1/tenants', { name: 'Other', slug: 'other' })
  const headers = { 'idempotency-key': 'one-tenant' }
  const body = { name: 'In one tenant' }
  assert.equal((await server.call('POST', '/v1/realms', { body, headers })).status, 201)
  assert.equal((await server.call('POST', `/v1/realms?tenant_id=${id}`, { body, headers })).status, 409)
})

test('of many repetitions at once, one is carried out', async () => {
  const headers = { 'idempotency-key': 'create-at-once' }
  const body = { name: 'At once' }
  const replies = await Promise.all(
    Array.from({ length: 12 }, () => server.call('POST', '/v1/realms', { body, headers })),
  )
  const made = new Set(
    replies.filter(({ status }) => status === 201).map((reply) => (reply.body as RealmBody).issuer_id),
  )
  assert.equal(made.size, 1)
  for (const { status } of replies) assert.equal(status, 201)
  const { data } = await server.api<PageBody>('GET', '/v1/realms?limit=200')
  assert.equal(data.filter(({ name }) => name === 'At once').length, 1)
})

test('a refused request may be repeated with the same key once it is corrected', async () => {
  const headers = { 'idempotency-key': 'corrected' }
  assert.equal((await server.call('POST', '/v1/realms', { body: { name: '' }, headers })).status, 400)
  assert.equal((await server.call('POST', '/v1/realms', { body: { name: 'Mended' }, headers })).status, 201)
})

test('events are followed live, and from where one left off', async () => {
  const follow = async (headers: Record<string, string>, until: RegExp): Promise<string> => {
    const stop = new AbortController()
    const response = await fetch(`${server.adminUrl}/v1/events/stream?type=realm.*`, {
      headers: { authorization: `Bearer ${server.adminKey}`, ...headers },
      signal: stop.signal,
    })
    assert.equal(response.headers.get('content-type'), 'text/event-stream')
    let text = ''
    const decoder = new TextDecoder()
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk as Uint8Array, { stream: true })
      if (until.test(text)) break
    }
    stop.abort()
    return text
  }
  const live = follow({}, /event: realm\.created\n/)
  await new Promise((resolve) => setTimeout(resolve, 300))
  await server.api('POST', '/v1/realms', { name: 'Followed' })
  const text = await live
  const [, id] = /id: (\d+)\nevent: realm\.created\ndata: \{.*"name":"Followed"/.exec(text) ?? []
  assert.ok(id, text)
  await server.api('POST', '/v1/realms', { name: 'Missed' })
  assert.match(await follow({ 'last-event-id': id }, /"name":"Missed"/), /"name":"Missed"/)
})

test('the event log verifies, and says who did what', async () => {
  const chain = await server.api<{ ok: boolean; checked: number }>('POST', '/v1/events/verify')
  assert.equal(chain.ok, true)
  assert.ok(chain.checked > 20)
  const { data } = await server.api<{ data: { actor: { kind: string; label: string }; surface: string }[] }>(
    'GET',
    '/v1/events?type=realm.created&limit=1',
  )
  assert.deepEqual([data[0]?.actor.kind, data[0]?.actor.label, data[0]?.surface], ['api_key', 'First boot', 'native'])
})

test('an API key that is revoked or expired is none', async () => {
  const { id, key } = await server.api<{ id: string; key: string }>('POST', '/v1/api-keys', {
    name: 'Short-lived',
    permissions: ['realms:read'],
  })
  assert.equal((await server.call('GET', '/v1/realms', { key })).status, 200)
  await server.api('DELETE', `/v1/api-keys/${id}`)
  assert.equal((await server.call('GET', '/v1/realms', { key })).status, 401)
})
