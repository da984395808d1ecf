// Checks the reasons of refused device codes, token exchanges, bound tokens, sign-ins and clients.
import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { clientSuspend, clientUpdate } from '#domain/client/client.operations.ts'
import type { ClientWithSecret } from '#domain/client/client.ts'
import { sessionRevoke } from '#domain/session/session.operations.ts'
import { userUpdate } from '#domain/user/user.operations.ts'
import { REFUSAL_REASONS, type RefusalReason } from '#kernel/refusal-reason.ts'
import {
  API,
  type AuthorizationFixture,
  openAuthorizationFixture,
  REDIRECT_URI,
  VERIFIER,
} from '#testing/authorization-fixture.ts'
import { DEVICE_CODE_GRANT, decide, makeDeviceClient, poll, startDevice } from '#testing/device.ts'
import { callOperation } from '#testing/domain-fixtures.ts'
import { makeDpopKey } from '#testing/dpop.ts'
import { FormBrowser } from '#testing/form-browser.ts'
import { purgeBefore } from '#testing/purge.ts'
import { setMinAal } from '#testing/realm-level.ts'
import {
  type Answer,
  askForToken,
  basic,
  codeFor,
  exchangeCode,
  postForm,
  refreshWith,
  tokensFor,
  tokensOf,
} from '#testing/token-client.ts'

const TOKEN = 'https://id.example.com/oauth/token'
const EXCHANGE_GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange'
const YEAR = 31_536_000_000
const ASKED = { scope: 'openid email orders:read', resource: API }

let fixture: AuthorizationFixture
beforeEach(async () => {
  fixture = await openAuthorizationFixture()
})
afterEach(() => fixture.close())

const context = () => fixture.services.contextFor()

/** A refused request, and the client that the operator looks for. */
interface Refused {
  readonly client: Pick<ClientWithSecret, 'clientId'>
  readonly answer: Answer
  readonly grantType?: string
}

/** A device that Ada let in. */
async function approvedDevice() {
  const client = await makeDeviceClient(fixture)
  const device = await startDevice(fixture, client)
  await decide(fixture.newBrowser(), device.userCode, 'allow')
  return { client, device }
}

const agent = () => fixture.makeClient({ tokenExchangeAllowed: true })

async function exchanged(client: ClientWithSecret, token: string, headers = {}): Promise<Refused & { token: string }> {
  const fields = {
    grant_type: EXCHANGE_GRANT,
    subject_token: token,
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
  }
  const answer = await postForm(fixture, '/oauth/token', fields, { ...basic(client), ...headers })
  return { client, answer, grantType: EXCHANGE_GRANT, token: String(answer.body.access_token) }
}

/** How each refusal comes about. */
const CASES: Partial<Record<RefusalReason, () => Promise<Refused>>> = {
  device_code_unknown: async () => {
    const { deviceCode } = await startDevice(fixture, await makeDeviceClient(fixture))
    const client = await makeDeviceClient(fixture, { label: 'Another' })
    return { client, answer: await poll(fixture, client, { deviceCode }), grantType: DEVICE_CODE_GRANT }
  },
  device_code_used: async () => {
    const { client, device } = await approvedDevice()
    assert.equal((await poll(fixture, client, device)).status, 200)
    return { client, answer: await poll(fixture, client, device), grantType: DEVICE_CODE_GRANT }
  },
  session_ended: async () => {
    const { client, device } = await approvedDevice()
    const { data } = await context().read.sessions.list(fixture.services.realm.id, { limit: 10 })
    for (const { id } of data) await callOperation(sessionRevoke, context(), { id })
    return { client, answer: await poll(fixture, client, device), grantType: DEVICE_CODE_GRANT }
  },
  assurance_too_low: async () => {
    const { client, device } = await approvedDevice()
    await setMinAal(fixture.services, 2)
    return { client, answer: await poll(fixture, client, device), grantType: DEVICE_CODE_GRANT }
  },
  user_inactive: async () => {
    const { client } = fixture
    const code = await codeFor(fixture, client)
    await callOperation(userUpdate, context(), { id: fixture.ada.id, status: 'suspended' })
    return { client, answer: await exchangeCode(fixture, client, code), grantType: 'authorization_code' }
  },
  refresh_token_expired: async () => {
    const { client } = fixture
    const { refresh } = await tokensFor(fixture, client, { scope: 'openid offline_access', prompt: 'consent' })
    fixture.services.clock.advance(YEAR + 1)
    return { client, answer: await refreshWith(fixture, client, refresh), grantType: 'refresh_token' }
  },
  resource_removed: async () => {
    const client = await fixture.makeClient()
    const { refresh } = await tokensFor(fixture, client, { scope: 'openid orders:read', resource: API })
    await callOperation(clientUpdate, context(), { id: client.id, audiences: [] })
    return { client, answer: await refreshWith(fixture, client, refresh), grantType: 'refresh_token' }
  },
  subject_token_inactive: async () => exchanged(await agent(), 'no token of this realm'),
  subject_token_unusable: async () => {
    const { access } = await tokensFor(fixture, fixture.client, ASKED)
    await purgeBefore(fixture.services, 'refresh-tokens', fixture.services.clock.now() + 2 * YEAR)
    return exchanged(await agent(), access)
  },
  actor_chain_too_long: async () => {
    let { access } = await tokensFor(fixture, fixture.client, ASKED)
    for (let length = 0; length < 5; length++) {
      const { answer, token } = await exchanged(await agent(), access)
      assert.equal(answer.status, 200)
      access = token
    }
    return exchanged(await agent(), access)
  },
  other_key: async () => {
    const [key, other] = [await makeDpopKey(), await makeDpopKey()]
    const client = await agent()
    const now = fixture.services.clock.now()
    const code = await codeFor(fixture, client, ASKED)
    const fields = { grant_type: 'authorization_code', code, code_verifier: VERIFIER, redirect_uri: REDIRECT_URI }
    const headers = { ...basic(client), dpop: await key.prove(TOKEN, now) }
    const { access } = tokensOf(await postForm(fixture, '/oauth/token', fields, headers))
    return exchanged(client, access, { dpop: await other.prove(TOKEN, now) })
  },
  client_suspended: async () => {
    const client = await agent()
    await callOperation(clientSuspend, context(), { id: client.id })
    return { client, answer: await askForToken(fixture, client, { grant_type: 'client_credentials' }) }
  },
  public_client: async () => {
    const client = await makeDeviceClient(fixture)
    const answer = await postForm(fixture, '/oauth/introspect', { token: 'any', client_id: client.clientId })
    return { client, answer }
  },
  method_not_allowed: async () => {
    const { client, services } = fixture
    const realm = { ...services.realm, policy: { ...services.realm.policy, profile: 'fapi-2.0' as const } }
    const browser = new FormBrowser(services, realm)
    const reply = await browser.post('/oauth/token', { grant_type: 'client_credentials' }, basic(client))
    return { client, answer: { status: reply.status, headers: reply.headers, body: JSON.parse(reply.text) } }
  },
}

for (const [reason, refuse] of Object.entries(CASES)) {
  test(`${reason} is told to the operator, and not to the client`, async () => {
    const { client, answer, grantType } = await refuse()
    const { error } = REFUSAL_REASONS[reason as RefusalReason]
    assert.equal(answer.body.error, error, JSON.stringify(answer.body))
    assert.equal(answer.status, error === 'invalid_client' ? 401 : 400)
    assert.doesNotMatch(JSON.stringify(answer.body), new RegExp(reason))
    const events = await fixture.events(
      error === 'invalid_client' ? 'client_authentication.failed' : 'token_request.refused',
    )
    assert.deepEqual(
      events.map(({ data }) => [data.reason, data.clientId, data.grantType]),
      [[reason, client.clientId, grantType]],
    )
  })
}
