// Checks the routes for sessions.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { CHALLENGE, REDIRECT_URI, VERIFIER } from '#testing/authorization-fixture.ts'
import { type ControlPlane, eventsOf, type PlacedTenant, startControlPlane } from '#testing/control-plane.ts'
import { UserAgent } from '#testing/user-agent.ts'

// ScaiKey, “Sessions”: every route, by each tier within and beyond its scope; and what a browser notices.

let plane: ControlPlane

before(async () => {
  plane = await startControlPlane()
})
after(() => plane.server.stop())

const SESSIONS = '/api/v1/admin/sessions'
const PASSWORD = 'correct horse battery staple'
const NOBODY = 'ses_00000000000000000000000000'

interface Session {
  readonly id: string
  readonly user_id: string
  readonly [field: string]: unknown
}
interface List {
  readonly data: Session[]
  readonly pagination: Readonly<Record<string, number>>
}

/** Default caller: the tenant_admin of `shop`. */
async function ask<T = Session>(method: string, path: string, key: string | null = plane.shop.admin) {
  const reply = await plane.server.call(method, path, { key })
  return { status: reply.status, body: reply.body as T }
}

interface Visitor {
  readonly agent: UserAgent
  readonly userId: string
  readonly email: string
  /** An authorization request of the application. */
  readonly authorizeUrl: string
  readonly refresh: () => Promise<number>
}

let count = 0

/** Makes a person and an application of a tenant, and signs the one in to the other. */
async function signIn(tenant: PlacedTenant): Promise<Visitor> {
  const realm = `/v1/realms/${tenant.issuerId}`
  const email = `browser-${++count}@example.com`
  const user = await plane.server.api<{ id: string }>('POST', `${realm}/users`, { email, password: PASSWORD })
  const client = await plane.server.api<{ client_id: string }>('POST', `${realm}/clients`, {
    label: `App ${count}`,
    auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
    scopes: ['openid', 'offline_access'],
    redirect_uris: [REDIRECT_URI],
  })
  const issuer = `${plane.server.url}/realms/${tenant.issuerId}`
  const request = new URLSearchParams({
    response_type: 'code',
    client_id: client.client_id,
    redirect_uri: REDIRECT_URI,
    scope: 'openid offline_access',
    state: 's',
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
  })
  const authorizeUrl = `${issuer}/oauth/authorize?${request}`
  const agent = new UserAgent(plane.server.url)
  const away = await agent.authorize(authorizeUrl, { email, password: PASSWORD })
  const token = (fields: Record<string, string>) =>
    fetch(`${issuer}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({ client_id: client.client_id, ...fields }),
    })
  const first = await token({
    grant_type: 'authorization_code',
    code: away.searchParams.get('code') ?? '',
    redirect_uri: REDIRECT_URI,
    code_verifier: VERIFIER,
  })
  let { refresh_token: refreshToken } = (await first.json()) as { refresh_token: string }
  const refresh = async () => {
    const reply = await token({ grant_type: 'refresh_token', refresh_token: refreshToken })
    refreshToken = ((await reply.json()) as { refresh_token?: string }).refresh_token ?? refreshToken
    return reply.status
  }
  return { agent, userId: user.id, email, authorizeUrl, refresh }
}

/** The session of a browser. */
async function sessionOf(browser: Visitor, key = plane.superAdmin): Promise<Session> {
  const { body } = await ask<List>('GET', `${SESSIONS}?user_id=${browser.userId}`, key)
  const [session] = body.data
  assert.ok(session && body.data.length === 1, JSON.stringify(body))
  return session
}

const DENIED = { status: 403, body: { detail: 'Access denied' } }
const MISSING = { status: 404, body: { detail: 'Session not found' } }

async function assertKeptApart(method: string, path: (session: string) => string, id: string): Promise<void> {
  for (const key of [plane.bank.admin, plane.bank.program, plane.sibling.admin]) {
    assert.deepEqual(await ask(method, path(id), key), DENIED)
  }
  assert.equal((await ask(method, path(id), null)).status, 401)
  for (const missing of [NOBODY, 'x', plane.shop.id]) assert.deepEqual(await ask(method, path(missing)), MISSING)
}

test('GET /api/v1/admin/sessions: those that hold, within one’s scope, by user, tenant and partner', async () => {
  const { shop, bank, sibling, acme } = plane
  const [ann, bob, eve] = [await signIn(shop), await signIn(bank), await signIn(sibling)]
  const users = async (query: string, key?: string) =>
    (await ask<List>('GET', `${SESSIONS}${query}`, key)).body.data.map(({ user_id }) => user_id).sort()
  assert.deepEqual(await users('/'), [ann.userId])
  assert.deepEqual(await users('', acme.admin), [ann.userId, bob.userId].sort())
  assert.deepEqual(await users('', plane.superAdmin), [ann.userId, bob.userId, eve.userId].sort())
  assert.deepEqual(await users(`?tenant_id=${bank.id}`, acme.admin), [bob.userId])
  assert.deepEqual(await users(`?partner_id=${acme.id}&user_id=${ann.userId}`, plane.superAdmin), [ann.userId])
  assert.deepEqual(await users(`?user_id=${eve.userId}`, acme.admin), [])
  const second = await ask<List>('GET', `${SESSIONS}?page=2&per_page=1`, plane.superAdmin)
  assert.deepEqual(second.body.pagination, { page: 2, per_page: 1, total: 3, total_pages: 3 })
  assert.deepEqual(
    second.body.data.map(({ user_id }) => user_id),
    [bob.userId],
    'who signed in last holds longest',
  )
  const [shown] = (await ask<List>('GET', SESSIONS)).body.data
  const { id, created_at, last_activity_at, expires_at, ip_address, user_agent, ...rest } = shown as Session
  assert.match(id, /^ses_[0-9a-z]{26}$/)
  assert.ok(Date.parse(String(expires_at)) > Date.parse(String(created_at)))
  assert.ok(Date.parse(String(last_activity_at)) >= Date.parse(String(created_at)))
  assert.deepEqual([typeof ip_address, typeof user_agent], ['string', 'string'])
  assert.deepEqual(rest, {
    user_id: ann.userId,
    user_email: ann.email,
    tenant_id: shop.id,
    auth_method: 'password',
    amr: ['pwd'],
    revoked_at: null,
  })
  for (const query of [`tenant_id=${bank.id}`, `partner_id=${sibling.partnerId}`]) {
    assert.deepEqual(await ask('GET', `${SESSIONS}?${query}`), DENIED)
  }
  assert.equal((await ask('GET', `${SESSIONS}?user_id=x`)).status, 422)
  assert.equal((await ask('GET', SESSIONS, null)).status, 401)
})

test('GET /api/v1/admin/sessions/{id}: shows one', async () => {
  const ann = await signIn(plane.shop)
  const session = await sessionOf(ann)
  for (const key of [plane.shop.admin, plane.shop.program, plane.acme.admin, plane.superAdmin]) {
    const { status, body } = await ask<Session & { data: Session }>('GET', `${SESSIONS}/${session.id}`, key)
    const { data, ...top } = body
    assert.deepEqual([status, top, data], [200, session, session])
  }
  await assertKeptApart('GET', (id) => `${SESSIONS}/${id}`, session.id)
})

test('POST /api/v1/admin/sessions/{id}/revoke: ends it, its tokens and, at the next request, its cookie', async () => {
  const ann = await signIn(plane.shop)
  const { id } = await sessionOf(ann)
  const path = `${SESSIONS}/${id}/revoke`
  await assertKeptApart('POST', (session) => `${SESSIONS}/${session}/revoke`, id)
  assert.equal(await ann.refresh(), 200)
  const cookie = `session-${plane.shop.issuerId}-${new URL(plane.server.url).port}`
  assert.ok(ann.agent.cookies.has(cookie))
  const before = await ann.agent.request(ann.authorizeUrl)
  assert.doesNotMatch(before.headers.getSetCookie().join('\n'), new RegExp(`^${cookie}=`, 'm'))
  const secret = ann.agent.cookies.get(cookie)

  const revoked = { status: 200, body: { message: 'Session revoked' } }
  assert.deepEqual(await ask('POST', path), revoked)
  assert.deepEqual(await ask('POST', path), revoked, 'once more changes nothing')
  const events = await eventsOf(plane.server, plane.shop.id, 'session.ended')
  assert.equal(events.filter(({ subject }) => subject.id === id).length, 1)
  assert.equal(await ann.refresh(), 400)
  assert.ok((await ask('GET', `${SESSIONS}/${id}`)).body.revoked_at)
  assert.deepEqual((await ask<List>('GET', `${SESSIONS}?user_id=${ann.userId}`)).body.data, [])

  const issuer = `${plane.server.url}/realms/${plane.shop.issuerId}`
  for (const url of [ann.authorizeUrl, `${issuer}/sign-out`, `${issuer}/signed-out`, `${issuer}/oauth/authorize`]) {
    const reply = await fetch(url, { headers: { cookie: `${cookie}=${secret}` }, redirect: 'manual' })
    const cleared = reply.headers.getSetCookie().filter((line) => line.startsWith(`${cookie}=`))
    assert.deepEqual(cleared, [`${cookie}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0`], url)
  }
  const next = await ann.agent.follow(await ann.agent.request(ann.authorizeUrl))
  assert.match(next.text, /name="password"/)
  assert.equal(ann.agent.cookies.has(cookie), false)
})

test('other methods are not for sessions here', async () => {
  const reply = await ask('PATCH', `${SESSIONS}/${NOBODY}`)
  assert.deepEqual(reply, { status: 405, body: { detail: 'Method Not Allowed' } } as never)
})
