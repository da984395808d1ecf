// Shows that weaknesses of other servers with this API are not there: each test has the number that our study gave the weakness.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type ControlPlane, startControlPlane } from '#testing/control-plane.ts'
import { exchange, getCode, makeClient, makePerson } from '#testing/realm.ts'

const RESOURCE = 'https://mail.example.com/'
let plane: ControlPlane
before(async () => {
  plane = await startControlPlane()
  const scopes = [{ name: 'mail:read' }, { name: 'mail:send' }]
  await plane.server.api('POST', '/v1/resources', { identifier: RESOURCE, name: 'Mail', scopes })
})
after(() => plane.server.stop())

type Members = Record<string, unknown>

async function ask(method: string, path: string, body?: unknown): Promise<{ status: number; body: Members }> {
  const { status, body: reply } = await plane.server.call(method, `/api/v1${path}`, {
    key: plane.server.adminKey,
    body,
  })
  return { status, body: reply as Members }
}

const basic = (client: Members) => ({ authorization: `Basic ${btoa(`${client.client_id}:${client.client_secret}`)}` })
const post = async (path: string, form: Record<string, string>, headers: Record<string, string>) => {
  const response = await fetch(`${plane.server.url}${path}`, {
    method: 'POST',
    headers,
    body: new URLSearchParams(form),
  })
  return { status: response.status, body: (await response.json()) as Members }
}
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
const CREDENTIALS = { grant_type: 'client_credentials', resource: RESOURCE }
const newAgent = async (name: string) =>
  (await ask('POST', '/agents', { client_name: name, scope: 'mail:read mail:send', audiences: [RESOURCE] })).body
const tokenOf = async (agent: Members) =>
  String((await post('/oauth/token', CREDENTIALS, basic(agent))).body.access_token)

test('weakness 9: policies of agents decide about exchanges, and their end ends the tokens', async () => {
  const [planner, mailer] = [await newAgent('Planner'), await newAgent('Mailer')]
  const subject_token = await tokenOf(planner)
  const form = {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    ...{ subject_token, subject_token_type: ACCESS_TOKEN, scope: 'mail:read', resource: RESOURCE },
  }
  const refused = await post('/oauth/token', form, basic(mailer))
  assert.notEqual(refused.status, 200, 'nothing allows it')
  const set = await ask('POST', `/agents/${planner.id}/policies`, {
    may_act: [{ agent_id: mailer.id, scope: 'mail:read' }],
  })
  assert.equal(set.status, 200, JSON.stringify(set.body))
  assert.deepEqual(set.body.may_act, [{ agent_id: mailer.id, scopes: ['mail:read'], scope: 'mail:read' }])
  const exchanged = await post('/oauth/token', form, basic(mailer))
  assert.equal(exchanged.status, 200, JSON.stringify(exchanged.body))
  assert.equal(exchanged.body.scope, 'mail:read')
  const wider = await post('/oauth/token', { ...form, scope: 'mail:send' }, basic(mailer))
  assert.notEqual(wider.status, 200, 'the policy has other scopes')
  const token = String(exchanged.body.access_token)
  const isActive = async () => (await post('/oauth/introspect', { token }, basic(mailer))).body.active
  assert.equal(await isActive(), true)
  const cleared = await ask('POST', `/agents/${planner.id}/policies`, { policies: [] })
  assert.deepEqual(cleared.body.may_act, [])
  assert.equal(await isActive(), false, 'the token of the policy ended with it')
})

test('weakness 9: revoking the tokens of an agent ends what was exchanged for them', async () => {
  const [first, second] = [await newAgent('First'), await newAgent('Second')]
  await ask('POST', `/agents/${first.id}/policies`, { may_act: [{ agent_id: second.id }] })
  const subject_token = await tokenOf(first)
  const form = { subject_token, subject_token_type: ACCESS_TOKEN, resource: RESOURCE }
  const grant_type = 'urn:ietf:params:oauth:grant-type:token-exchange'
  const { body } = await post('/oauth/token', { ...form, grant_type }, basic(second))
  assert.equal(typeof body.access_token, 'string', JSON.stringify(body))
  const ended = await ask('POST', `/agents/${first.id}/tokens/revoke-all`)
  assert.equal(ended.status, 200, JSON.stringify(ended.body))
  assert.ok(Number(ended.body.count) >= 1)
  const { body: state } = await post('/oauth/introspect', { token: String(body.access_token) }, basic(second))
  assert.equal(state.active, false)
  const listed = await ask('GET', `/agents/${first.id}/tokens`)
  assert.deepEqual(listed.body.data, [], 'only valid tokens are listed')
})

test('weakness 10: a revoked consent ends the tokens of that user, and of nobody else', async () => {
  const client = await makeClient(plane.server)
  const people = [
    await makePerson(plane.server, 'one@consents.example'),
    await makePerson(plane.server, 'other@consents.example'),
  ] as const
  const tokens: string[] = []
  for (const person of people) {
    const { body } = await exchange(plane.server, client, await getCode(plane.server, client, person))
    tokens.push(String((body as Members).access_token))
  }
  const consents = await ask('GET', `/admin/oauth/consents?user_id=${people[0].id}`)
  const [consent] = consents.body.data as Members[]
  assert.equal((await ask('DELETE', `/admin/oauth/consents/${consent?.id}`)).status, 200)
  const userinfo = async (token = '') =>
    (await fetch(`${plane.server.url}/oauth/userinfo`, { headers: { authorization: `Bearer ${token}` } })).status
  assert.deepEqual([await userinfo(tokens[0]), await userinfo(tokens[1])], [401, 200])
})

test('weakness 15: keys have finer scopes, and the log names the key that acted', async () => {
  const made = await ask('POST', '/api-keys', { name: 'Support desk', scopes: ['users:read', 'users:write'] })
  const as = (method: string, path: string, body?: unknown) =>
    plane.server.call(method, `/api/v1${path}`, { key: String(made.body.key), body })
  assert.equal((await as('GET', '/roles')).status, 403)
  const user = (await as('POST', '/admin/users', { email: 'desk@example.com' })).body as Members
  const log = await ask('GET', `/users/${user.id}/audit-logs`)
  const [event] = log.body.data as Members[]
  assert.deepEqual([event?.actor_id, event?.action], [made.body.id, 'user.created'])
})

test('weakness 16: pages of a log neither skip nor repeat what happened in one second', async () => {
  const { body: user } = await ask('POST', '/admin/users', { email: 'ties@example.com' })
  for (let at = 0; at < 7; at++) await ask('PATCH', `/users/${user.id}`, { name: `Name ${at}` })
  const seen: string[] = []
  let cursor = ''
  do {
    const { body } = await ask('GET', `/users/${user.id}/audit-logs?limit=2${cursor && `&cursor=${cursor}`}`)
    seen.push(...(body.data as Members[]).map(({ id }) => String(id)))
    cursor = String(body.next_cursor ?? '')
  } while (cursor !== '')
  assert.deepEqual([seen.length, new Set(seen).size], [8, 8])
})

test('weakness 9: stopping the agents of a user ends their tokens and the consents of the user, not others', async () => {
  const { body: user } = await ask('POST', '/admin/users', { email: 'owner@example.com' })
  const mine = (await ask('POST', '/agents', { client_name: 'Mine', created_by: user.id })).body
  const other = await newAgent('Somebody’s')
  const [token, kept] = [await tokenOf(mine), await tokenOf(other)]
  const owned = await ask('GET', `/users/${user.id}/agents`)
  assert.deepEqual(
    (owned.body.data as Members[]).map(({ id }) => id),
    [mine.id],
  )
  const given = { user_id: user.id, client_id: other.client_id, scope: 'mail:read' }
  assert.equal((await ask('POST', '/admin/consents', given)).status, 201)
  const authorized = await ask('GET', `/users/${user.id}/agents?filter=authorized`)
  assert.deepEqual(
    (authorized.body.data as Members[]).map(({ id }) => id),
    [other.id],
  )
  const done = await ask('POST', `/users/${user.id}/revoke-agents`, { agent_ids: [mine.id, other.id] })
  assert.partialDeepStrictEqual(done.body, { revoked_agent_ids: [mine.id], revoked_consent_count: 1 })
  const event = await ask('GET', `/audit-logs/${done.body.audit_event_id}`)
  assert.equal(event.body.action, 'user.agents_revoked')
  const isActive = async (held: string) => (await post('/oauth/introspect', { token: held }, basic(other))).body.active
  assert.deepEqual([await isActive(token), await isActive(kept)], [false, true])
  assert.equal((await ask('GET', `/agents/${mine.id}`)).body.active, false)
})

test('consents and tokens of clients are revoked by a pattern of their ids', async () => {
  const [first, second] = [await newAgent('Pattern one'), await newAgent('Pattern two')]
  const [token, kept] = [await tokenOf(first), await tokenOf(second)]
  const pattern = `${String(first.client_id).slice(0, -1)}?`
  const done = await ask('POST', '/admin/oauth/revoke-by-pattern', { client_id_pattern: pattern, reason: 'a test' })
  assert.partialDeepStrictEqual(done, { status: 200, body: { pattern_matched: pattern, revoked_token_count: 1 } })
  const isActive = async (held: string) => (await post('/oauth/introspect', { token: held }, basic(second))).body.active
  assert.deepEqual([await isActive(token), await isActive(kept)], [false, true])
})
