// The modules of the plans Config and Dynamic.
import assert from 'node:assert/strict'
import { module, type Plan } from './module.ts'
import { CALLBACK, type Party, type Registered } from './party.ts'

interface Registration extends Registered {
  readonly [member: string]: unknown
}

async function register(party: Party, metadata: object): Promise<{ status: number; body: Registration }> {
  const response = await fetch(party.endpoint('registration_endpoint'), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ redirect_uris: [CALLBACK], client_name: 'Suite', ...metadata }),
  })
  return { status: response.status, body: (await response.json()) as Registration }
}

/** A client that registered itself. */
async function registered(party: Party, metadata: object = {}): Promise<Party> {
  const { status, body } = await register(party, metadata)
  assert.equal(status, 201, JSON.stringify(body))
  return party.fresh(body)
}

const PKCE = { code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256' }
const VERIFIER = { code_verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk' }

/** Registers, and goes through a request to verified tokens. */
async function flow(party: Party, metadata: object = {}, changes: Record<string, string> = {}) {
  const client = await registered(party, metadata)
  const { answer } = await client.authorize({ ...PKCE, ...changes })
  const { status, body } = await client.exchange(answer.get('code'), {
    ...VERIFIER,
    ...(changes.redirect_uri !== undefined && { redirect_uri: changes.redirect_uri }),
  })
  assert.equal(status, 200, `${answer} ${JSON.stringify(body)}`)
  return { client, body, answer, claims: await client.verified(String(body.id_token)) }
}

const stays = async (party: Party, redirect_uris: string[], redirect_uri: string) => {
  const { answer, page } = await (await registered(party, { redirect_uris })).authorize({ ...PKCE, redirect_uri })
  assert.equal(answer.size, 0)
  assert.ok((page?.status ?? 0) >= 400)
}

const told = (member: string) => async (party: Party) => {
  const { body } = await register(party, { [member]: `https://rp.example/${member}` })
  assert.equal(body[member], `https://rp.example/${member}`)
}

const discovery = async ({ site: { issuer } }: Party) => {
  const metadata = (await (await fetch(`${issuer}/.well-known/openid-configuration`)).json()) as Record<string, unknown>
  assert.equal(metadata.issuer, issuer)
  for (const name of ['authorization_endpoint', 'token_endpoint', 'jwks_uri', 'userinfo_endpoint']) {
    assert.ok(String(metadata[name]).startsWith(issuer), name)
  }
  assert.ok((metadata.response_types_supported as string[]).includes('code'))
  assert.ok((metadata.subject_types_supported as string[]).length > 0)
  assert.ok((metadata.id_token_signing_alg_values_supported as string[]).includes('RS256'))
  assert.ok((metadata.scopes_supported as string[]).includes('openid'))
  const { keys } = (await (await fetch(String(metadata.jwks_uri))).json()) as { keys: { kid: string; d?: string }[] }
  assert.equal(new Set(keys.map(({ kid }) => kid)).size, keys.length)
  assert.ok(keys.every(({ d }) => d === undefined))
}

export const CONFIG: Plan<Party> = {
  title: 'Config',
  modules: [
    module(
      'oidcc-discovery-endpoint-verification',
      'The metadata has the issuer, its endpoints, RS256 and a key set without private members.',
      discovery,
    ),
  ],
  left: {},
}

/** @param party a client of the realm, which lets clients register themselves */
export const DYNAMIC: Plan<Party> = {
  title: 'Dynamic',
  modules: [
    module('oidcc-server', 'A client that registered itself gets tokens.', async (party) => void (await flow(party))),
    module('oidcc-redirect-uri-query-OK', 'The query of a registered redirect URI stays.', async (party) => {
      const redirect_uri = `${CALLBACK}?foo=bar`
      const { answer } = await flow(party, { redirect_uris: [redirect_uri] }, { redirect_uri })
      assert.equal(answer.get('foo'), 'bar')
    }),
    module('oidcc-redirect-uri-query-mismatch', 'Another query gets a page, and no redirect.', (party) =>
      stays(party, [`${CALLBACK}?foo=bar`], `${CALLBACK}?bar=foo`),
    ),
    module('oidcc-redirect-uri-query-added', 'An added query gets a page, and no redirect.', (party) =>
      stays(party, [CALLBACK], `${CALLBACK}?foo=bar`),
    ),
    module('oidcc-redirect-uri-regfrag', 'A redirect URI with a fragment cannot be registered.', async (party) => {
      const { status, body } = await register(party, { redirect_uris: [`${CALLBACK}#fragment`] })
      assert.deepEqual([status, body.error], [400, 'invalid_redirect_uri'])
    }),
    module(
      'oidcc-ensure-redirect-uri-in-authorization-request',
      'A client with two redirect URIs must say which.',
      async (party) => {
        const client = await registered(party, { redirect_uris: [CALLBACK, `${CALLBACK}/2`] })
        assert.ok(((await client.authorize({ ...PKCE, redirect_uri: undefined })).page?.status ?? 0) >= 400)
      },
    ),
    module('oidcc-registration-logo-uri', 'logo_uri is registered.', told('logo_uri')),
    module('oidcc-registration-policy-uri', 'policy_uri is registered.', told('policy_uri')),
    module('oidcc-registration-tos-uri', 'tos_uri is registered.', told('tos_uri')),
    module('oidcc-idtoken-rs256', 'A client may have ID tokens signed with RS256.', async (party) => {
      const { body } = await flow(party, { id_token_signed_response_alg: 'RS256' })
      const [header = ''] = String(body.id_token).split('.')
      assert.equal(JSON.parse(Buffer.from(header, 'base64url').toString()).alg, 'RS256')
    }),
    module('oidcc-userinfo-rs256', 'A client may have userinfo signed with RS256.', async (party) => {
      const { client, body, claims } = await flow(party, { userinfo_signed_response_alg: 'RS256' })
      const headers = { authorization: `Bearer ${body.access_token}` }
      const response = await fetch(client.endpoint('userinfo_endpoint'), { headers })
      assert.equal((await client.verified(await response.text())).sub, claims.sub)
    }),
    module('oidcc-registration-sector-bad', 'A sector identifier that is not reachable is refused.', async (party) => {
      const sector = { subject_type: 'pairwise', sector_identifier_uri: 'https://127.0.0.1:1/sector.json' }
      const { status, body } = await register(party, sector)
      assert.deepEqual([status, body.error], [400, 'invalid_client_metadata'])
    }),
    module(
      'oidcc-server-rotate-keys',
      'After a rotation, tokens verify with the new key, and old ones still do.',
      async (party) => {
        const before = await flow(party)
        await party.site.server.api('POST', `${party.site.path}/keys/rotate`, { algorithm: 'RS256', immediate: true })
        const after = await flow(party)
        const kid = (token: unknown) =>
          JSON.parse(Buffer.from(String(token).split('.')[0] ?? '', 'base64url').toString()).kid
        assert.notEqual(kid(before.body.id_token), kid(after.body.id_token))
        assert.equal((await before.client.verified(String(before.body.id_token))).sub, before.claims.sub)
      },
    ),
  ],
  left: {
    'oidcc-idtoken-unsigned': 'Every ID token is signed.',
    'oidcc-registration-jwks-uri': 'Its case is in the tests of private_key_jwt, with keys at an address.',
    'oidcc-registration-sector-uri': 'Its case is in the tests of pairwise subjects.',
    'oidcc-request-uri-unsigned': 'Request objects are not fetched from clients.',
    'oidcc-request-uri-signed-rs256': 'Request objects are not fetched from clients.',
    'oidcc-refresh-token-rp-key-rotation': 'Its case is in the tests of private_key_jwt.',
  },
}
