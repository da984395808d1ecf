// PAR and DPoP as client libraries use them, at a real server over HTTP.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { makeDpopKey } from '#testing/dpop.ts'
import { REDIRECT_URI } from '#testing/realm.ts'
import { startServer, type TestServer } from '#testing/server.ts'
import { type Person, UserAgent } from '#testing/user-agent.ts'

const PERSON: Person = { email: 'ada@example.com', password: 'correct horse battery staple' }
const SCOPE = 'openid email offline_access'

let server: TestServer
let clientId: string
let secret: string
before(async () => {
  server = await startServer()
  await server.api('POST', '/v1/realms/default/users', PERSON)
  const made = await server.api<{ client_id: string; client_secret: string }>('POST', '/v1/realms/default/clients', {
    label: 'App',
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    scopes: ['openid', 'email', 'offline_access'],
    redirect_uris: [REDIRECT_URI],
  })
  clientId = made.client_id
  secret = made.client_secret
})
after(() => server.stop())

function discover(): Promise<openid.Configuration> {
  return openid.discovery(new URL(server.url), clientId, secret, undefined, {
    execute: [openid.allowInsecureRequests],
  })
}

test('openid-client: a pushed request, bound tokens, userinfo, refresh and introspection', async () => {
  const config = await discover()
  const metadata = config.serverMetadata()
  assert.equal(metadata.pushed_authorization_request_endpoint, `${server.url}/oauth/par`)
  assert.ok(metadata.dpop_signing_alg_values_supported?.includes('ES256'))
  const DPoP = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair())
  const pkceCodeVerifier = openid.randomPKCECodeVerifier()
  const parameters = {
    redirect_uri: REDIRECT_URI,
    scope: SCOPE,
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: openid.randomState(),
  }
  const url = await openid.buildAuthorizationUrlWithPAR(config, parameters, { DPoP })
  assert.deepEqual([...url.searchParams.keys()].sort(), ['client_id', 'request_uri'])
  const callback = await new UserAgent(server.url).authorize(url.href, PERSON)
  const checks = { pkceCodeVerifier, expectedState: parameters.state }
  await assert.rejects(
    openid.authorizationCodeGrant(config, callback, checks),
    { error: 'invalid_dpop_proof' },
    'the code is bound to the key that the request was pushed with',
  )
  const tokens = await openid.authorizationCodeGrant(config, callback, checks, undefined, { DPoP })
  assert.equal(tokens.token_type, 'dpop')
  const { sub = '' } = tokens.claims() ?? {}
  const me = await openid.fetchUserInfo(config, tokens.access_token, sub, { DPoP })
  assert.equal(me.email, PERSON.email)
  const state = await openid.tokenIntrospection(config, tokens.access_token)
  assert.deepEqual([state.active, state.token_type], [true, 'DPoP'])
  assert.equal(state.cnf?.jkt, await DPoP.calculateThumbprint())
  const fresh = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '', undefined, { DPoP })
  assert.equal((await openid.fetchUserInfo(config, fresh.access_token, sub, { DPoP })).sub, sub)
  await assert.rejects(openid.fetchUserInfo(config, fresh.access_token, sub), 'a bound token is no bearer token')
})

test('oauth4webapi: a client gets a bound token for itself', async () => {
  const insecure = { [oauth.allowInsecureRequests]: true }
  const issuer = new URL(server.url)
  const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure))
  const client: oauth.Client = { client_id: clientId }
  const DPoP = oauth.DPoP(client, await oauth.generateKeyPair('EdDSA'))
  const response = await oauth.clientCredentialsGrantRequest(
    as,
    client,
    oauth.ClientSecretBasic(secret),
    {},
    {
      ...insecure,
      DPoP,
    },
  )
  const result = await oauth.processClientCredentialsResponse(as, client, response)
  assert.equal(result.token_type, 'dpop')
})

test('a proof that was used stays used after the server starts again', async () => {
  const key = await makeDpopKey()
  const proof = await key.prove(`${server.url}/oauth/token`, Date.now())
  const ask = async () => {
    const response = await fetch(`${server.url}/oauth/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${clientId}:${secret}`)}`, dpop: proof },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    })
    return (await response.json()) as { token_type?: string; error?: string }
  }
  assert.equal((await ask()).token_type, 'DPoP')
  const { dataDir, ports } = server
  await server.kill()
  server = await startServer({ dataDir, ports })
  assert.equal((await ask()).error, 'invalid_dpop_proof')
})
