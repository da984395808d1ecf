// Checks how an agent asks a person for an approval (OpenID Connect CIBA), against a running server and people who decide.
import assert from 'node:assert/strict'
import { after, before, mock, test } from 'node:test'
import { agent } from '@countersign/agent'
import { InsufficientScope, TokenRefused } from '@countersign/agent/failure'
import { decodeJwt } from 'jose'
import { makeClient, makePerson, type TestClient } from '#testing/realm.ts'
import { startServer, type TestServer } from '#testing/server.ts'
import { until } from '#testing/until.ts'
import { type Person, UserAgent } from '#testing/user-agent.ts'

const BANK = 'https://bank.example/api'
const PAYMENT = { type: 'payment', amount: '120 EUR' }

let server: TestServer
let client: TestClient
let ada: Person & { id: string }

before(async () => {
  server = await startServer()
  const scopes = ['accounts:read', 'accounts:close'].map((name) => ({ name, description: name }))
  const types = [{ type: 'payment', title: 'Pay from your account' }]
  await server.api('POST', '/v1/resources', { identifier: BANK, scopes, authorization_details_types: types })
  client = await makeClient(server, {
    grant_types: ['urn:openid:params:grant-type:ciba', 'refresh_token'],
    scopes: ['openid', 'offline_access', 'accounts:read', 'accounts:close'],
    audiences: [BANK],
    authorization_details_types: ['payment'],
    redirect_uris: [],
  })
  ada = await makePerson(server, 'ada@example.com')
})
after(() => server?.stop())

const open = (given: Partial<Parameters<typeof agent>[0]> = {}) =>
  agent({ issuer: server.url, clientId: client.clientId, clientSecret: client.secret, dpop: true, ...given })

const decide = (decision: 'approve' | 'deny') => new UserAgent(server.url).decideApproval(server.url, ada, decision)

test('a person approves, and the agent gets tokens for that and nothing else', async () => {
  const me = open()
  const approval = await me.askApproval({
    loginHint: ada.email,
    scopes: ['accounts:read', 'offline_access'],
    resource: BANK,
    authorizationDetails: [PAYMENT],
    bindingMessage: 'K7-Q2',
  })
  assert.deepEqual(await approval.poll(), { status: 'pending', tooEarly: false })
  assert.deepEqual(await approval.poll(), { status: 'pending', tooEarly: true })
  assert.equal(approval.interval, 10)
  await decide('approve')
  const approved = await approval.poll()
  assert.ok(approved.status === 'approved')
  assert.deepEqual(approved.authorizationDetails, [PAYMENT])
  const token = await approved.tokens.token({ resource: BANK, scopes: ['accounts:read'] })
  const { sub, aud, cnf } = decodeJwt<{ cnf?: { jkt?: string } }>(token.accessToken)
  assert.deepEqual([sub, [aud].flat()[0], token.type, typeof cnf?.jkt], [ada.id, BANK, 'DPoP', 'string'])
  assert.equal(await approved.tokens.token({ resource: BANK, scopes: ['accounts:read'] }), token)

  await assert.rejects(approved.tokens.token({ resource: BANK, scopes: ['accounts:close'] }), InsufficientScope)
  await assert.rejects(approved.tokens.token({ resource: 'https://other.example' }), { code: 'invalid_target' })
  await assert.rejects(approval.poll(), { name: 'TokenRefused', code: 'invalid_grant' })

  const kept = [approved.refreshToken ?? '']
  const later = me.refreshing({ load: () => kept.at(-1) ?? '', save: (next) => void kept.push(next) })
  const { accessToken } = await later.token({ resource: BANK, scopes: ['accounts:read'] })
  assert.equal(decodeJwt(accessToken).sub, ada.id)
})

test('what was denied or has expired is a result, and what cannot be asked is an error', async () => {
  const me = open()
  const denied = await me.askApproval({ loginHint: ada.email })
  await decide('deny')
  assert.deepEqual(await denied.poll(), { status: 'denied' })
  const short = await me.askApproval({ loginHint: ada.email, requestedExpiry: 1 })
  await until(async () => (await short.poll()).status === 'expired')

  const nobody = await me.askApproval({ loginHint: 'nobody@example.com' }).catch((error) => error)
  assert.ok(nobody instanceof TokenRefused)
  assert.deepEqual([nobody.code, nobody.status], ['unknown_user_id', 400])
  const long = { loginHint: ada.email, bindingMessage: 'x'.repeat(200) }
  await assert.rejects(me.askApproval(long), { code: 'invalid_binding_message' })
  await assert.rejects(open({ clientSecret: 'wrong' }).askApproval({ loginHint: ada.email }), {
    code: 'invalid_client',
  })
})

test('an agent waits by the interval, longer where it is told to or hears nothing, and not beyond the end', async () => {
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.now() })
  const polls: number[] = []
  const start = Date.now()
  const refused = (error: string) => () => Response.json({ error }, { status: 400 })
  const lost = () => {
    throw new TypeError('fetch failed')
  }
  /** An issuer that responds to the polls one after another. */
  const waitFor = async (answers: (() => Response)[], lifetime = 600) => {
    polls.length = 0
    const issuer = 'https://issuer.example'
    const me = agent({
      issuer,
      clientId: 'a',
      async fetch(input, init) {
        if (String(input).endsWith('/ask')) return Response.json({ auth_req_id: 'r', expires_in: lifetime })
        const endpoints = { token_endpoint: `${issuer}/token`, backchannel_authentication_endpoint: `${issuer}/ask` }
        if (init?.method !== 'POST') return Response.json({ issuer, ...endpoints })
        polls.push((Date.now() - start) / 1000)
        return (answers.shift() ?? refused('authorization_pending'))()
      },
    })
    const approval = await me.askApproval({ loginHint: 'ada' })
    const begun = Date.now()
    const asked = new AbortController()
    const outcome = approval.wait({ signal: asked.signal })
    outcome.catch(() => undefined)
    const pass = async (seconds: number) => {
      for (let second = 0; second < seconds; second++) {
        mock.timers.tick(1000)
        for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate)
      }
    }
    return {
      outcome,
      pass,
      abort: () => asked.abort(new Error('enough')),
      at: () => polls.map((t) => t - (begun - start) / 1000),
    }
  }
  try {
    const given = { access_token: 't', token_type: 'Bearer', expires_in: 60, scope: 'openid' }
    const slow = await waitFor([
      refused('authorization_pending'),
      refused('slow_down'),
      lost,
      () => new Response(null, { status: 503 }),
      () => Response.json(given),
    ])
    await slow.pass(110)
    assert.equal((await slow.outcome).status, 'approved')
    assert.deepEqual(slow.at(), [5, 10, 20, 40, 80])

    const late = await waitFor([], 12)
    await late.pass(13)
    assert.deepEqual(await late.outcome, { status: 'expired' })
    assert.deepEqual(late.at(), [5, 10, 12])

    const wrong = await waitFor([refused('invalid_client')])
    await wrong.pass(6)
    await assert.rejects(wrong.outcome, { code: 'invalid_client' })

    const stopped = await waitFor([])
    await stopped.pass(2)
    stopped.abort()
    await assert.rejects(stopped.outcome, /enough/)
    assert.deepEqual(stopped.at(), [])
  } finally {
    mock.timers.reset()
  }
})
