// Checks the operations on identity providers.
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { Failure, type Flaw } from '#kernel/error.ts'
import { renderId } from '#kernel/id.ts'
import { createNetwork } from '#outside/network.ts'
import { TEST_CERTIFICATE, TEST_RSA_CERTIFICATE } from '#testing/certificate.ts'
import { DIALECTS } from '#testing/databases.ts'
import { anotherRealm, anotherTenant, eventsAbout } from '#testing/domain-fixtures.ts'
import { failure, runOperation } from '#testing/run-operation.ts'
import { openTestServices, type TestServices } from '#testing/services.ts'
import {
  identityProviderCreate,
  identityProviderDelete,
  identityProviderGet,
  identityProviderList,
  identityProviderUpdate,
} from './identity-provider.operations.ts'
import { SECRET_PURPOSE } from './identity-provider.ts'

const SECRET = 'GOCSPX-t0psecret'
const OIDC = {
  providerType: 'oidc',
  name: 'Acme',
  issuer: 'https://idp.example.com',
  clientId: 'countersign',
  clientSecret: SECRET,
  authorizationEndpoint: 'https://idp.example.com/authorize',
  tokenEndpoint: 'https://idp.example.com/token',
  jwksUri: 'https://idp.example.com/jwks',
}
const cert = TEST_RSA_CERTIFICATE
const SAML = {
  providerType: 'saml',
  name: 'Old Acme',
  entityId: 'urn:acme:adfs',
  ssoUrl: 'https://adfs.acme.internal/sso',
  certificates: cert,
}

const { checkUrl } = createNetwork()

/** A failure with a code, about exactly these parts of the input. */
function flawsIn(code: string, ...paths: string[]): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof Failure, String(error))
    const flaws: readonly Flaw[] = error.detail.flaws ?? []
    assert.deepEqual([error.code, ...flaws.map(({ path }) => path)], [code, ...paths], error.message)
    assert.ok(!`${error.message}${JSON.stringify(error.detail)}`.includes(SECRET))
    return true
  }
}

for (const dialect of DIALECTS) {
  describe(`identity providers on ${dialect}`, () => {
    let services: TestServices
    before(async () => {
      services = await openTestServices({ database: dialect, network: { checkUrl } })
    })
    after(() => services.close())
    const context = () => services.contextFor()
    const create = (input = {}) => runOperation(identityProviderCreate, context(), { ...OIDC, ...input })
    const update = (id: string, input = {}) => runOperation(identityProviderUpdate, context(), { id, ...input })
    const get = (id: string) => runOperation(identityProviderGet, context(), { id })
    const rows = () => services.database.read.kysely.selectFrom('identity_provider').selectAll().execute()
    const rowOf = async (id: string) => (await rows()).find((row) => row.id === id)
    const secretOf = async (id: string) => services.crypto.open(SECRET_PURPOSE, (await rowOf(id))?.client_secret ?? '')

    test('one that speaks OpenID Connect needs its endpoints, has defaults for the rest, and is shown without its secret', async () => {
      const made = await create()
      const { id, version, createdAt, updatedAt, tenantId, realmId, ...shown } = made
      const { clientSecret: _, ...given } = OIDC
      assert.deepEqual(shown, {
        ...given,
        enabled: true,
        preset: null,
        tokenEndpointAuthMethod: 'client_secret_basic',
        issParameter: false,
        teamId: null,
        keyId: null,
        trustEmail: false,
        button: true,
        userinfoEndpoint: null,
        scopes: ['openid', 'email', 'profile'],
        emailVerifiedClaim: 'email_verified',
        discoveryUrl: null,
        domains: [],
        trustDomains: false,
        organizationId: null,
        paths: 'federation',
        memberRole: 'member',
        jitProvisioning: true,
        attributeMapping: {},
        groupMapping: [],
        callbackUrl: `https://id.example.com/federation/callback/${renderId('identity_provider', id)}`,
        notices: [
          'No users are created: the realm is closed for registrations, and the provider has no verified or trusted domain.',
        ],
      })
      assert.deepEqual(
        [version, createdAt, updatedAt, tenantId, realmId],
        [1, services.clock.now(), services.clock.now(), services.tenantId, services.realm.id],
      )
      assert.deepEqual(await get(id), made)
      assert.deepEqual((await update(id, { enabled: false })).notices, [], 'what is off promises nothing')
      await update(id, { enabled: true })
      assert.equal(await secretOf(id), SECRET)
      for (const name of Object.keys(OIDC)) {
        if (name === 'providerType' || name === 'name') continue
        await assert.rejects(create({ [name]: undefined }), flawsIn('invalid_input', name))
        await assert.rejects(create({ [name]: '' }), flawsIn('invalid_input', name))
      }
    })

    test('one that speaks SAML shows what its certificates are known by; a malformed one is refused', async () => {
      const made = await runOperation(identityProviderCreate, context(), SAML)
      const { fingerprint256, raw, validToDate } = new X509Certificate(cert)
      const details = { fingerprint: fingerprint256, expiresAt: validToDate.getTime() }
      assert.deepEqual(
        [made.certificates, made.certificateDetails, made.sloUrl, made.nameIdFormat, made.issuer],
        [[cert], [details], null, null, undefined],
      )
      assert.equal((await rowOf(made.id))?.client_secret, null)
      const two = await update(made.id, { certificates: [cert + cert, raw.toString('base64')] })
      assert.deepEqual(two.certificates, [cert, cert, cert])
      assert.deepEqual(two.certificateDetails, [details, details, details])
      for (const certificates of [
        'nonsense',
        [TEST_CERTIFICATE.key],
        [TEST_CERTIFICATE.cert],
        [`${cert.slice(0, 90)}!${cert.slice(91)}`],
      ]) {
        await assert.rejects(update(made.id, { certificates }), flawsIn('invalid_input', 'certificates.0'))
        const another = { ...SAML, certificates }
        await assert.rejects(
          runOperation(identityProviderCreate, context(), another),
          flawsIn('invalid_input', 'certificates.0'),
        )
      }
      await assert.rejects(update(made.id, { certificates: [cert, 'x'] }), flawsIn('invalid_input', 'certificates.1'))
      for (const ssoUrl of ['http://idp.example.com/', 'javascript:alert(1)', 'https://a@b.example/', 'https://x/#y']) {
        await assert.rejects(update(made.id, { ssoUrl }), flawsIn('invalid_input', 'ssoUrl'), ssoUrl)
      }
      for (const name of ['entityId', 'ssoUrl', 'certificates']) {
        await assert.rejects(
          runOperation(identityProviderCreate, context(), { ...SAML, [name]: undefined }),
          flawsIn('invalid_input', name),
        )
      }
      assert.deepEqual(await get(made.id), two)
    })

    test('settings of the other type are refused, and the type stays', async () => {
      await assert.rejects(create({ ssoUrl: SAML.ssoUrl }), flawsIn('invalid_input', 'ssoUrl'))
      await assert.rejects(create({ providerType: 'saml' }), (error) => failure('invalid_input')(error))
      await assert.rejects(create({ providerType: 'radius' }), flawsIn('invalid_input', 'providerType'))
      const oidc = await create()
      await assert.rejects(update(oidc.id, { name: 'X', entityId: 'x' }), flawsIn('invalid_input', 'entityId'))
      await assert.rejects(update(oidc.id, { providerType: 'saml' }), failure('invalid_input'))
      const saml = await runOperation(identityProviderCreate, context(), SAML)
      const both = { clientSecret: SECRET, tokenEndpoint: OIDC.tokenEndpoint }
      await assert.rejects(update(saml.id, both), flawsIn('invalid_input', 'tokenEndpoint', 'clientSecret'))
      assert.deepEqual([await get(oidc.id), await get(saml.id)], [oidc, saml])
    })

    test('addresses that are never contacted are refused when they are saved, by name, and change nothing', async () => {
      const made = await create()
      const before = await rows()
      const targets = [
        'http://idp.example.com/',
        'https://localhost/',
        'https://10.1.2.3/',
        'https://169.254.169.254/latest/meta-data',
        'https://[::ffff:10.0.0.1]/',
        'https://2130706433/',
        `https://user:${SECRET}@idp.example.com/`,
        'https://intranet/',
        'file:///etc/passwd',
        'nonsense',
      ]
      for (const name of ['issuer', 'authorizationEndpoint', 'tokenEndpoint', 'jwksUri', 'userinfoEndpoint']) {
        for (const url of targets) {
          await assert.rejects(create({ [name]: url }), flawsIn('unreachable_host', name), url)
          await assert.rejects(update(made.id, { [name]: url }), flawsIn('unreachable_host', name), url)
        }
        await assert.rejects(update(made.id, { [name]: 'https://x.example/#y' }), flawsIn('invalid_input', name))
      }
      const several = { jwksUri: 'https://127.0.0.1/', tokenEndpoint: 'https://127.0.0.1/' }
      await assert.rejects(create(several), flawsIn('unreachable_host', 'tokenEndpoint', 'jwksUri'))
      await assert.rejects(update(made.id, { issuer: 'https://x.example/?y' }), flawsIn('invalid_input', 'issuer'))
      await assert.rejects(
        update(made.id, { discoveryUrl: 'http://x.example' }),
        flawsIn('invalid_input', 'discoveryUrl'),
      )
      assert.deepEqual(await rows(), before)
    })

    test('domains are plain host names, kept in one form and once; attributes have names', async () => {
      const domains = ['Example.COM', 'example.com.', 'bücher.example', 'a.b.example']
      const { id, domains: kept } = await create({ domains })
      assert.deepEqual(kept, ['example.com', 'xn--bcher-kva.example', 'a.b.example'])
      const bad = ['localhost', 'https://example.com', 'example.com/x', 'a@example.com', '*.example.com', '10.0.0.1']
      for (const domain of [
        ...bad,
        'example.com:443',
        '-x.example',
        'x..example',
        '',
        '.',
        'exam ple.com',
        '０.0.0.1',
      ]) {
        await assert.rejects(update(id, { domains: [domain] }), flawsIn('invalid_input', 'domains.0'), domain)
      }
      const attributeMapping = { email: 'mail', department: 'http://schemas.example/department' }
      assert.deepEqual((await update(id, { attributeMapping })).attributeMapping, attributeMapping)
      const nonsense: unknown[] = [
        { '': 'x' },
        { 'a b': 'x' },
        { email: '' },
        { email: 1 },
        { constructor: {} },
        [],
        'email',
      ]
      for (const mapping of nonsense) {
        await assert.rejects(
          update(id, { attributeMapping: mapping }),
          failure('invalid_input'),
          JSON.stringify(mapping),
        )
      }
      await assert.rejects(update(id, { scopes: 'email profile' }), flawsIn('invalid_input', 'scopes'))
    })

    test('the secret is kept until another one is given, and stands nowhere but sealed in its row', async () => {
      const { id } = await create({ name: 'Secretive' })
      await update(id, { name: 'Secretive 2', clientSecret: null })
      await update(id, { tokenEndpoint: 'https://idp.example.com/token2' })
      assert.equal(await secretOf(id), SECRET)
      const other = 'another-t0psecret'
      const changed = await update(id, { clientSecret: other })
      assert.equal(await secretOf(id), other)
      await assert.rejects(update(id, { clientSecret: '' }), flawsIn('invalid_input', 'clientSecret'))
      await assert.rejects(create({ clientSecret: null }), flawsIn('invalid_input', 'clientSecret'))
      const told = await eventsAbout(context(), id)
      assert.deepEqual(
        told.map(({ data }) => data.changed),
        [undefined, ['name'], ['tokenEndpoint'], ['clientSecret']],
      )
      const everything: unknown[] = [changed, await get(id), await runOperation(identityProviderList, context()), told]
      for (const { name } of await services.database.read.kysely.introspection.getTables()) {
        everything.push(
          await services.database.read.kysely
            .selectFrom(name as 'event')
            .selectAll()
            .execute(),
        )
      }
      assert.doesNotMatch(JSON.stringify(everything), /t0psecret/)
      assert.doesNotMatch(JSON.stringify([changed, told]), /v1\./, 'nor is it shown sealed')
    })

    test('only what is given changes, null empties what may be empty, and switching says so', async () => {
      const more = {
        userinfoEndpoint: 'https://idp.example.com/me',
        discoveryUrl: 'https://idp.example.com/.well-known',
      }
      const made = await create({ ...more, scopes: 'openid email', emailVerifiedClaim: 'verified' })
      assert.deepEqual([made.userinfoEndpoint, made.scopes], [more.userinfoEndpoint, ['openid', 'email']])
      const changed = await update(made.id, {
        discoveryUrl: null,
        enabled: false,
        jitProvisioning: false,
        ifVersion: 1,
      })
      assert.deepEqual(changed, {
        ...made,
        discoveryUrl: null,
        enabled: false,
        jitProvisioning: false,
        notices: [],
        version: 2,
      })
      await assert.rejects(update(made.id, { enabled: true, ifVersion: 1 }), failure('precondition_failed'))
      await assert.rejects(
        update(made.id, { emailVerifiedClaim: null }),
        flawsIn('invalid_input', 'emailVerifiedClaim'),
      )
      await update(made.id, { enabled: true })
      await runOperation(identityProviderDelete, context(), { id: made.id })
      await assert.rejects(get(made.id), failure('not_found'))
      await assert.rejects(update(made.id, { name: 'X' }), failure('not_found'))
      await assert.rejects(runOperation(identityProviderDelete, context(), { id: made.id }), failure('not_found'))
      const told = await eventsAbout(context(), made.id)
      assert.deepEqual(
        told.map(({ type, realmId, subject }) => [type.replace('identity_provider.', ''), realmId, subject.type]),
        ['created', 'updated', 'disabled', 'updated', 'enabled', 'deleted'].map((type) => [
          type,
          services.realm.id,
          'identity_provider',
        ]),
      )
      assert.deepEqual([(await rowOf(made.id))?.client_secret, (await rowOf(made.id))?.enabled], [null, 0])
    })

    test('lists are paged, by age or by the start of the name, and filtered', async () => {
      const there = services.contextFor({ realm: await anotherRealm(services) })
      const names = ['Blue', 'Red', 'blue', 'Green', 'BLUE 2', 'Blue']
      for (const [at, name] of names.entries()) {
        const input = at % 2 === 0 ? { ...OIDC, name } : { ...SAML, name, enabled: at !== 1 }
        await runOperation(identityProviderCreate, there, input)
      }
      const walk = async (query: object) => {
        const found: string[] = []
        const ids = new Set<string>()
        for (let cursor: string | null | undefined; cursor !== null; ) {
          const page = await runOperation(identityProviderList, there, {
            limit: '1',
            ...query,
            ...(cursor && { cursor }),
          })
          assert.ok(page.data.length <= 1)
          for (const { id, name } of page.data) {
            found.push(name)
            ids.add(id)
          }
          cursor = page.nextCursor
        }
        assert.equal(ids.size, found.length, 'none comes twice')
        return found
      }
      assert.deepEqual(await walk({}), names)
      assert.deepEqual(await walk({ search: 'bLUE' }), ['Blue', 'blue', 'Blue', 'BLUE 2'])
      assert.deepEqual(await walk({ search: 'lue' }), [])
      assert.deepEqual(await walk({ providerType: 'saml' }), ['Red', 'Green', 'Blue'])
      assert.deepEqual(await walk({ enabled: 'false' }), ['Red'])
      assert.deepEqual(await walk({ enabled: 'true', providerType: 'saml', search: 'g' }), ['Green'])
      await assert.rejects(
        runOperation(identityProviderList, there, { providerType: 'OIDC' }),
        failure('invalid_input'),
      )
      await assert.rejects(runOperation(identityProviderList, there, { cursor: '%' }), failure('invalid_request'))
    })

    test('what is another realm’s or tenant’s is not there', async () => {
      const made = await create()
      const foreign = [
        services.contextFor({ realm: await anotherRealm(services) }),
        services.contextFor({ realm: await anotherRealm(services, await anotherTenant(services)) }),
      ]
      for (const there of foreign) {
        assert.deepEqual((await runOperation(identityProviderList, there)).data, [])
        await assert.rejects(runOperation(identityProviderGet, there, { id: made.id }), failure('not_found'))
        await assert.rejects(
          runOperation(identityProviderUpdate, there, { id: made.id, name: 'Mine' }),
          failure('not_found'),
        )
        await assert.rejects(runOperation(identityProviderDelete, there, { id: made.id }), failure('not_found'))
        const own = await runOperation(identityProviderCreate, there, OIDC)
        const { issuerId } = there.scope.realm ?? {}
        assert.equal(
          own.callbackUrl,
          `https://id.example.com/realms/${issuerId}/federation/callback/${renderId('identity_provider', own.id)}`,
        )
        await assert.rejects(get(own.id), failure('not_found'))
      }
      assert.deepEqual(await get(made.id), made)
    })

    const IDLE = 'Addresses of acme.example do not lead here: its owner has not verified it.'

    test('of changes meant for the same version one comes through; of all others none is lost', async () => {
      const { id } = await create()
      const outcomes = await Promise.allSettled(
        Array.from({ length: 8 }, (_, at) => update(id, { name: `N${at}`, ifVersion: 1 })),
      )
      const [winner, ...others] = outcomes.filter(({ status }) => status === 'fulfilled')
      assert.ok(winner?.status === 'fulfilled' && others.length === 0)
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') failure('precondition_failed')(outcome.reason)
      }
      assert.deepEqual(await get(id), winner.value)

      const changes = [
        { name: 'Other' },
        { tokenEndpoint: 'https://idp.example.com/t' },
        { jwksUri: 'https://idp.example.com/j' },
        { clientSecret: 'other' },
        { domains: ['acme.example'] },
        { scopes: ['openid'] },
        { jitProvisioning: false },
      ]
      await Promise.all(changes.map((change) => update(id, change)))
      const { clientSecret: _, ...expected } = Object.assign({}, ...changes)
      assert.deepEqual(await get(id), { ...winner.value, ...expected, notices: [IDLE], version: 2 + changes.length })
      assert.equal(await secretOf(id), 'other')
    })

    test('one that is deleted while it is changed stays deleted, without its secret', async () => {
      for (let round = 0; round < 5; round++) {
        const { id } = await create()
        const outcomes = await Promise.allSettled([
          update(id, { clientSecret: 'late' }),
          runOperation(identityProviderDelete, context(), { id }),
          update(id, { clientSecret: 'later' }),
          runOperation(identityProviderDelete, context(), { id }),
        ])
        const failed = outcomes.filter((outcome) => outcome.status === 'rejected')
        for (const { reason } of failed) failure('not_found')(reason)
        assert.equal(outcomes.filter((one, at) => at % 2 === 1 && one.status === 'fulfilled').length, 1)
        assert.equal((await rowOf(id))?.client_secret, null)
        await assert.rejects(get(id), failure('not_found'))
      }
    })
  })
}
