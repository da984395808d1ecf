// What a client library of the field makes of device codes, at a real server with real waits.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import * as openid from 'openid-client'
import { startServer, type TestServer } from '#testing/server.ts'
import { type Person, UserAgent } from '#testing/user-agent.ts'

const API = 'https://api.example.com/orders'
const PERSON: Person = { email: 'ada@example.com', password: 'correct horse battery staple' }
const DEVICE_CODE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'

let server: TestServer
before(async () => {
  server = await startServer()
  const scopes = [{ name: 'orders:read', description: 'Read orders' }]
  await server.api('POST', '/v1/resources', { identifier: API, name: 'Orders', scopes })
})
after(() => server.stop())

/** A realm with a person, and the library set up for a client of it. */
async function openRealm(path: string) {
  const { issuer } = await server.api<{ issuer: string }>('GET', path)
  const user = await server.api<{ id: string }>('POST', `${path}/users`, PERSON)
  const { client_id: clientId } = await server.api<{ client_id: string }>('POST', `${path}/clients`, {
    label: 'Television',
    auth_method: 'none',
    grant_types: [DEVICE_CODE_GRANT, 'refresh_token'],
    scopes: ['openid', 'email', 'offline_access', 'orders:read'],
    audiences: [API],
  })
  const discovery = { execute: [openid.allowInsecureRequests] }
  const config = await openid.discovery(new URL(issuer), clientId, undefined, openid.None(), discovery)
  return { issuer, sub: user.id, config }
}

async function anotherRealm(): Promise<string> {
  const { issuer_id: id } = await server.api<{ issuer_id: string }>('POST', '/v1/realms', { name: 'Living room' })
  return `/v1/realms/${id}`
}

test('openid-client: a device begins, waits, and gets in or is refused', async () => {
  const realms = [await openRealm('/v1/realms/default'), await openRealm(await anotherRealm())]
  await Promise.all(
    realms.map(async ({ issuer, sub, config }) => {
      const metadata = config.serverMetadata()
      assert.equal(metadata.device_authorization_endpoint, `${issuer}/oauth/device_authorization`)
      assert.ok(metadata.grant_types_supported?.includes(DEVICE_CODE_GRANT))
      const asked = { scope: 'openid email offline_access orders:read', resource: API }
      const [mine, theirs] = [
        await openid.initiateDeviceAuthorization(config, asked),
        await openid.initiateDeviceAuthorization(config, asked),
      ]
      assert.deepEqual([mine.verification_uri, mine.interval, mine.expires_in], [`${issuer}/device`, 5, 600])
      const tokens = openid.pollDeviceAuthorizationGrant(config, mine)
      const refused = assert.rejects(
        openid.pollDeviceAuthorizationGrant(config, theirs),
        (error: openid.ResponseBodyError) => error.error === 'access_denied' && error.status === 400,
      )
      const agent = new UserAgent(server.url)
      const connected = await agent.decideDevice(mine.verification_uri_complete ?? '', PERSON)
      assert.match(connected.text, /Your device is connected/)
      const denial = { decision: 'deny', userCode: theirs.user_code } as const
      assert.match((await agent.decideDevice(theirs.verification_uri, PERSON, denial)).text, /The device was refused/)
      await refused
      const given = await tokens
      assert.equal(given.claims()?.sub, sub)
      assert.equal(given.scope, asked.scope)
      const fresh = await openid.refreshTokenGrant(config, given.refresh_token ?? '')
      assert.notEqual(fresh.refresh_token, given.refresh_token)
      const me = await openid.fetchUserInfo(config, fresh.access_token, sub)
      assert.equal(me.email, PERSON.email)
    }),
  )
})

test('a code leads nowhere at another realm', async () => {
  const [one, other] = [await openRealm(await anotherRealm()), await openRealm(await anotherRealm())]
  const { user_code: userCode } = await openid.initiateDeviceAuthorization(one.config, { scope: 'openid' })
  const agent = new UserAgent(server.url)
  const page = await agent.submit(await agent.request(`${other.issuer}/device`), { user_code: userCode })
  assert.equal(page.status, 400)
  assert.match(page.text, /No device waits for this code/)
  assert.match((await agent.decideDevice(`${one.issuer}/device`, PERSON, { userCode })).text, /connected/)
})

test('a realm that is disabled answers no device, and no person', async () => {
  const path = await anotherRealm()
  const { config, issuer } = await openRealm(path)
  const device = await openid.initiateDeviceAuthorization(config, { scope: 'openid' })
  await new UserAgent(server.url).decideDevice(device.verification_uri_complete ?? '', PERSON)
  await server.api('PATCH', path, { enabled: false })
  const poll = async () => {
    const body = new URLSearchParams({
      grant_type: DEVICE_CODE_GRANT,
      device_code: device.device_code,
      client_id: config.clientMetadata().client_id,
    })
    const response = await fetch(`${issuer}/oauth/token`, { method: 'POST', body })
    return [response.status, (await response.json()).error]
  }
  assert.deepEqual(await poll(), [403, 'access_denied'])
  assert.equal((await fetch(`${issuer}/device`)).status, 403)
  await assert.rejects(
    openid.initiateDeviceAuthorization(config, { scope: 'openid' }),
    (error: openid.ResponseBodyError) => error.error === 'access_denied',
  )
  await server.api('PATCH', path, { enabled: true })
  assert.deepEqual((await poll())[0], 200)
})
