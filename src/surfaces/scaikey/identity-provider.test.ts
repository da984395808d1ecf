// Checks the routes for identity providers.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { TEST_RSA_CERTIFICATE } from '#testing/certificate.ts'
import { type ControlPlane, eventsOf, startControlPlane } from '#testing/control-plane.ts'

// ScaiKey, “Identity providers”: OIDC and SAML, for federation.

let plane: ControlPlane

before(async () => {
  plane = await startControlPlane()
})
after(() => plane.server.stop())

const PROVIDERS = '/api/v1/admin/identity-providers'
const DENIED = { detail: 'Access denied' }
const SECRET = 'a secret that nobody sees again'

const OIDC = {
  name: 'Acme Login',
  provider_type: 'OIDC',
  config: {
    issuer: 'https://login.example.com',
    client_id: 'countersign',
    client_secret: SECRET,
    authorization_endpoint: 'https://login.example.com/authorize',
    token_endpoint: 'https://login.example.com/token',
    jwks_uri: 'https://login.example.com/keys',
  },
  domains: ['example.com'],
}

const SAML = {
  name: 'Old Directory',
  provider_type: 'saml',
  enabled: false,
  config: {
    entity_id: 'urn:example:idp',
    sso_url: 'https://sso.example.com/saml',
    certificates: [TEST_RSA_CERTIFICATE],
  },
  attribute_mapping: { given_name: 'givenName' },
}

interface Provider {
  readonly id: string
  readonly name: string
  readonly data?: unknown
  readonly [member: string]: unknown
}

/** Default caller: the tenant_admin of `shop`. */
async function ask<T = Provider>(method: string, path: string, body?: unknown, key: string | null = plane.shop.admin) {
  const reply = await plane.server.call(method, path, { key, body })
  assert.ok(!JSON.stringify(reply.body ?? '').includes(SECRET), 'the secret is never shown')
  return { status: reply.status, body: reply.body as T }
}

async function make(given: object, key?: string): Promise<Provider> {
  const { status, body } = await ask('POST', PROVIDERS, given, key)
  assert.equal(status, 201, JSON.stringify(body))
  return body
}

test('POST /api/v1/admin/identity-providers: one that speaks OIDC, and one that speaks SAML', async () => {
  const { data, ...oidc } = await make(OIDC)
  assert.deepEqual(data, oidc)
  const { id, config, created_at: created, updated_at: updated, ...fields } = oidc
  assert.match(id, /^idp_[0-9a-z]{26}$/)
  assert.equal(created, updated)
  const { client_secret: _, ...settings } = OIDC.config
  assert.deepEqual(config, {
    ...settings,
    userinfo_endpoint: null,
    scopes: ['openid', 'email', 'profile'],
    email_verified_claim: 'email_verified',
    discovery_url: null,
  })
  assert.deepEqual(fields, {
    tenant_id: plane.shop.id,
    name: OIDC.name,
    provider_type: 'OIDC',
    enabled: true,
    status: 'ACTIVE',
    domains: ['example.com'],
    jit_provisioning: true,
    attribute_mapping: {},
    callback_url: `${plane.server.url}/realms/${plane.shop.issuerId}/federation/callback/${id}`,
  })
  const [event] = await eventsOf(plane.server, plane.shop.id, 'identity_provider.created')
  assert.deepEqual([event?.subject.id, event?.surface], [id, 'scaikey'])
  assert.ok(!JSON.stringify(event).includes(SECRET))

  const saml = await make(SAML)
  assert.deepEqual(
    [saml.provider_type, saml.enabled, saml.status, saml.attribute_mapping],
    ['SAML', false, 'INACTIVE', SAML.attribute_mapping],
  )
  assert.match(String((saml.config as { certificates: string[] }).certificates[0]), /^-----BEGIN CERTIFICATE-----/)

  const flawed = await ask<{ detail: { loc: string[] }[] }>('POST', PROVIDERS, {
    ...OIDC,
    name: '',
    provider_type: 'KERBEROS',
  })
  assert.equal(flawed.status, 422)
  assert.deepEqual(flawed.body.detail.map(({ loc }) => loc.join('.')).sort(), ['body.name', 'body.provider_type'])
  const { jwks_uri: __, ...without } = OIDC.config
  const missing = await ask<{ detail: { loc: string[] }[] }>('POST', PROVIDERS, { ...OIDC, config: without })
  assert.deepEqual([missing.status, missing.body.detail[0]?.loc], [422, ['body', 'config', 'jwks_uri']])
  const plain = { ...OIDC, config: { ...OIDC.config, token_endpoint: 'http://login.example.com/token' } }
  assert.equal((await ask('POST', PROVIDERS, plain)).status, 400)
  const unplaced = await ask<{ detail: { loc: string[] }[] }>('POST', PROVIDERS, OIDC, plane.superAdmin)
  assert.deepEqual([unplaced.status, unplaced.body.detail[0]?.loc], [422, ['body', 'tenant_id']])
  const foreign = await ask('POST', PROVIDERS, { ...OIDC, tenant_id: plane.bank.id })
  assert.deepEqual([foreign.status, foreign.body], [403, DENIED])
})

test('GET /api/v1/admin/identity-providers: within the caller’s reach, filtered and by numbered pages', async () => {
  const { acme, bank, sibling, superAdmin, shop } = plane
  const own = await make({ ...OIDC, name: 'Listed a' })
  const banks = await make({ ...SAML, name: 'Listed b' }, bank.admin)
  const siblings = await make({ ...OIDC, name: 'Listed c' }, sibling.admin)
  interface List {
    readonly data: Provider[]
    readonly pagination: object
  }
  const seen = async (query: string, key?: string) =>
    (await ask<List>('GET', `${PROVIDERS}?search=listed${query}`, undefined, key)).body.data.map(({ id }) => id)
  assert.deepEqual(await seen('', superAdmin), [own.id, banks.id, siblings.id])
  assert.deepEqual(await seen('', acme.admin), [own.id, banks.id])
  assert.deepEqual(await seen(''), [own.id])
  assert.deepEqual(await seen('&provider_type=SAML', superAdmin), [banks.id])
  assert.deepEqual(await seen('&enabled=true', superAdmin), [own.id, siblings.id])
  assert.deepEqual(await seen(`&tenant_id=${bank.id}`, acme.admin), [banks.id])
  const page = await ask<List>('GET', `${PROVIDERS}?search=listed&page=2&per_page=1`, undefined, acme.admin)
  assert.deepEqual(
    page.body.data.map(({ callback_url: url, tenant_id: tenant }) => [url, tenant]),
    [[`${plane.server.url}/realms/${bank.issuerId}/federation/saml/${banks.id}/acs`, bank.id]],
  )
  assert.deepEqual(page.body.pagination, { page: 2, per_page: 1, total: 2, total_pages: 2 })
  assert.equal((await ask('GET', `${PROVIDERS}?tenant_id=${bank.id}`)).status, 403)
  assert.equal((await ask('GET', `${PROVIDERS}?partner_id=${sibling.partnerId}`, undefined, acme.admin)).status, 403)
  assert.equal((await ask('GET', PROVIDERS, undefined, null)).status, 401)
  assert.equal((await ask<List>('GET', `${PROVIDERS}/`, undefined, shop.program)).status, 200)
})

test('PATCH /api/v1/admin/identity-providers/{id}: what is given changes, and the secret stays where none is', async () => {
  const made = await make({ ...OIDC, name: 'Before' })
  const path = `${PROVIDERS}/${made.id}`
  const changed = await ask('PATCH', path, {
    name: 'After',
    enabled: false,
    config: { scopes: ['openid'], userinfo_endpoint: 'https://login.example.com/me' },
  })
  assert.equal(changed.status, 200, JSON.stringify(changed.body))
  assert.deepEqual([changed.body.name, changed.body.status], ['After', 'INACTIVE'])
  const before = made.config as object
  const after = { ...before, scopes: ['openid'], userinfo_endpoint: 'https://login.example.com/me' }
  assert.deepEqual(changed.body.config, after)
  assert.deepEqual((await ask('GET', path)).body.config, after)
  const [event] = await eventsOf(plane.server, plane.shop.id, 'identity_provider.updated')
  assert.equal(event?.subject.id, made.id)
  const other = await ask<{ detail: { loc: string[] }[] }>('PATCH', path, { config: { entity_id: 'urn:x' } })
  assert.deepEqual([other.status, other.body.detail[0]?.loc], [422, ['body', 'config', 'entity_id']])
  for (const key of [plane.bank.admin, plane.sibling.admin]) {
    const foreign = await ask('PATCH', path, { name: 'Mine' }, key)
    assert.deepEqual([foreign.status, foreign.body], [403, DENIED])
  }
  assert.equal((await ask('PATCH', path, { name: 'Partner' }, plane.acme.admin)).status, 200)
  const absent = await ask('PATCH', `${PROVIDERS}/idp_00000000000000000000000000`, { name: 'x' })
  assert.deepEqual([absent.status, absent.body], [404, { detail: 'Identity provider not found' }])
})

test('DELETE /api/v1/admin/identity-providers/{id}: it is gone, and nobody else’s is', async () => {
  const made = await make({ ...OIDC, name: 'Short-lived' })
  const path = `${PROVIDERS}/${made.id}`
  assert.equal((await ask('DELETE', path, undefined, plane.bank.admin)).status, 403)
  assert.deepEqual(await ask('DELETE', path), { status: 204, body: undefined })
  assert.equal((await ask('GET', path)).status, 404)
  assert.equal((await ask('DELETE', path)).status, 404)
  const [event] = await eventsOf(plane.server, plane.shop.id, 'identity_provider.deleted')
  assert.deepEqual([event?.subject.id, event?.surface], [made.id, 'scaikey'])
})
