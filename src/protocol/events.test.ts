// Tests what the events of the protocol say: ids, names of clients and people, and changes of consents.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { checkEventForm } from '#testing/event-form.ts'
import { exchange, getCode, isActive, makeClient, makePerson, post, refresh, type TestClient } from '#testing/realm.ts'
import { startServer, type TestServer } from '#testing/server.ts'
import { type Person, UserAgent } from '#testing/user-agent.ts'

const DEVICE_CODE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'

interface Event extends Record<string, unknown> {
  readonly type: string
  readonly actor: { readonly kind: string; readonly id: string; readonly label: string | null }
  readonly data: Record<string, unknown>
}

let server: TestServer
let ada: Person & { readonly id: string }
let client: TestClient
let events: Event[]

before(async () => {
  server = await startServer()
  ada = await makePerson(server, 'ada@example.com')
  client = await makeClient(server, {
    grant_types: ['authorization_code', 'refresh_token', DEVICE_CODE_GRANT],
  })
  const agent = new UserAgent(server.url)
  const scope = 'openid email offline_access'
  const first = await exchange(server, client, await getCode(server, client, ada, { scope: 'openid' }, agent))
  const second = await exchange(server, client, await getCode(server, client, ada, { scope }, agent))
  const token = String(second.body.refresh_token)
  const next = String((await refresh(server, client, token)).body.refresh_token)
  for (const spent of [next, token]) await refresh(server, client, spent)
  assert.equal(await isActive(server, client, String(first.body.access_token)), true)
  const authorization = client.basic
  await post(server, '/oauth/revoke', { token: String(first.body.access_token) }, { authorization })
  for (const decision of ['allow', 'deny'] as const) {
    const { body } = await post(server, '/oauth/device_authorization', { scope: 'openid profile' }, { authorization })
    const person = new UserAgent(server.url)
    await person.decideDevice(String(body.verification_uri_complete), ada, { decision })
    await post(
      server,
      '/oauth/token',
      { grant_type: DEVICE_CODE_GRANT, device_code: String(body.device_code) },
      { authorization },
    )
  }
  const leaving = await agent.follow(await agent.request(`${server.url}/oauth/logout`))
  await agent.submit(leaving, { decision: 'sign_out' })
  const realm = '/v1/realms/default'
  const issued = await server.api<{ data: { id: string }[] }>('GET', `${realm}/issuances`)
  await server.api('POST', `${realm}/issuances/${issued.data[0]?.id}/revoke`)
  const grants = await server.api<{ data: { id: string }[] }>('GET', `${realm}/grants`)
  await server.api('POST', `${realm}/grants/${grants.data[0]?.id}/revoke`)
  events = (await server.api<{ data: Event[] }>('GET', '/v1/events?limit=200')).data
})
after(() => server.stop())

const TYPES = [
  'session.started',
  'session.ended',
  'grant.created',
  'grant.updated',
  'grant.denied',
  'grant.revoked',
  'authorization_code.issued',
  'token.issued',
  'token.revoked',
  'refresh_token.reused',
  'device_authorization.started',
  'device_authorization.approved',
  'device_authorization.denied',
]

test('the protocol’s events have the form of all events', () => {
  for (const type of TYPES)
    assert.ok(
      events.some((event) => event.type === type),
      type,
    )
  for (const event of events) checkEventForm(event)
})

test('each names the client by the client_id that it authenticates with', () => {
  const named = events.filter(({ type, data }) => TYPES.includes(type) && 'client_id' in data)
  assert.ok(named.some(({ type }) => type === 'grant.revoked'))
  assert.ok(named.some(({ type, data }) => type === 'token.revoked' && data.why === 'revoked'))
  for (const { type, data } of named) assert.equal(data.client_id, client.clientId, type)
})

test('each names the person who acted by the address', () => {
  const acted = events.filter(({ actor }) => actor.kind === 'user')
  const types = new Set(acted.map(({ type }) => type))
  for (const type of ['token.issued', 'grant.updated', 'grant.denied', 'session.ended'])
    assert.ok(types.has(type), type)
  for (const { type, actor } of acted) assert.deepEqual([actor.id, actor.label], [ada.id, ada.email], type)
})

test('the extension of a consent tells the scopes before and after', () => {
  const extended = events.find(({ type }) => type === 'grant.updated')
  assert.partialDeepStrictEqual(extended?.data, {
    changed: ['scopes'],
    before: { scopes: ['openid'] },
    after: { scopes: ['openid', 'email', 'offline_access'] },
  })
})
