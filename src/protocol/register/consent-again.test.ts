// Checks over HTTP that what people allowed a client does not hold for another host or name of it.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startServer, type TestServer } from '#testing/server.ts'
import { type Person, UserAgent } from '#testing/user-agent.ts'

const PERSON: Person = { email: 'ada@example.com', password: 'correct horse battery staple' }
const HOME = 'https://app.example/cb'
const ELSEWHERE = 'https://other.example/cb'

let server: TestServer
before(async () => {
  server = await startServer()
  await server.api('PATCH', '/v1/realms/default', { policy: { registration: { mode: 'open' } } })
  await server.api('POST', '/v1/realms/default/users', PERSON)
})
after(() => server.stop())

function addressOf(clientId: string, redirectUri: string, more: Record<string, string> = {}): string {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    scope: 'openid',
    code_challenge: 'a'.repeat(43),
    code_challenge_method: 'S256',
    ...more,
  })
  return `${server.url}/oauth/authorize?${query}`
}

/** What a client gets from a person without asking: a code, or an error. */
async function silent(agent: UserAgent, clientId: string, redirectUri: string): Promise<string> {
  const { away } = await agent.follow(await agent.request(addressOf(clientId, redirectUri, { prompt: 'none' })))
  assert.equal(`${away?.origin}${away?.pathname}`, redirectUri)
  return away?.searchParams.get('error') ?? (away?.searchParams.has('code') ? 'code' : 'nothing')
}

test('CO-06 a registered client that changes its host or name is allowed again by each person', async () => {
  const document = { client_name: 'App', redirect_uris: [HOME], token_endpoint_auth_method: 'none' }
  const response = await fetch(`${server.url}/oauth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(document),
  })
  const made = (await response.json()) as Record<string, string>
  const { client_id = '', registration_client_uri = '', registration_access_token } = made
  const put = async (change: object) => {
    const { status } = await fetch(registration_client_uri, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${registration_access_token}` },
      body: JSON.stringify({ ...document, client_id, ...change }),
    })
    assert.equal(status, 200)
  }
  const agent = new UserAgent(server.url)
  await agent.authorize(addressOf(client_id, HOME), PERSON)
  assert.equal(await silent(agent, client_id, HOME), 'code')
  await put({ redirect_uris: [HOME, 'https://app.example/new'] })
  assert.equal(await silent(agent, client_id, 'https://app.example/new'), 'code', 'the host is the same')
  await put({ redirect_uris: [ELSEWHERE] })
  assert.equal(await silent(agent, client_id, ELSEWHERE), 'consent_required')
  const page = await agent.follow(await agent.request(addressOf(client_id, ELSEWHERE)))
  assert.match(page.text, /other\.example/)
  await put({ redirect_uris: [ELSEWHERE], client_name: 'Bank' })
  const late = await agent.submit(page, { decision: 'allow' })
  assert.equal(late.away, undefined, 'the page showed another name')
  const again = await agent.follow(await agent.request(addressOf(client_id, ELSEWHERE)))
  assert.match(again.text, /Bank/)
  assert.ok((await agent.submit(again, { decision: 'allow' })).away?.searchParams.has('code'))
  await put({ redirect_uris: [ELSEWHERE] })
  assert.equal(await silent(agent, client_id, ELSEWHERE), 'consent_required', 'the name is another one')
})

test('a further redirect URI of a client needs credentials:write, and gets no code without a consent', async () => {
  const clients = '/v1/realms/default/clients'
  const given = { label: 'App', auth_method: 'none', redirect_uris: [HOME], scopes: ['openid'] }
  const { id, client_id } = await server.api<{ id: string; client_id: string }>('POST', clients, given)
  const agent = new UserAgent(server.url)
  await agent.authorize(addressOf(client_id, HOME), PERSON)
  const { key } = await server.api<{ key: string }>('POST', '/v1/api-keys', {
    name: 'Clients',
    permissions: ['clients:write'],
  })
  const body = { redirect_uris: [HOME, ELSEWHERE] }
  assert.equal((await server.call('PATCH', `${clients}/${id}`, { body, key })).status, 403)
  assert.equal(await silent(agent, client_id, HOME), 'code')
  await server.api('PATCH', `${clients}/${id}`, body)
  assert.equal(await silent(agent, client_id, ELSEWHERE), 'consent_required')
})
