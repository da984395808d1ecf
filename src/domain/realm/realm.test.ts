// Tests the operations of realms, and how their addresses are made.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { JOBS } from '#jobs/jobs.ts'
import { Failure } from '#kernel/error.ts'
import { makeCertificate } from '#testing/certificate-authority.ts'
import { DIALECTS } from '#testing/databases.ts'
import {
  ACTIVE_PAIR,
  anotherTenant,
  callOperation,
  eventsAbout,
  issueTokenPair,
  pairStatus,
  REVOKED_PAIR,
} from '#testing/domain-fixtures.ts'
import { openTestServices, type TestServices } from '#testing/services.ts'
import { realmCreate, realmDelete, realmGet, realmList, realmUpdate } from './realm.operations.ts'
import { DEFAULT_POLICY, issuerOf } from './realm.ts'

for (const dialect of DIALECTS) {
  describe(`realms on ${dialect}`, () => {
    let services: TestServices
    /** The canonical name of each host name. */
    const aliases = new Map<string, string>()
    let brokenDns = false
    before(async () => {
      services = await openTestServices({
        database: dialect,
        settings: { realmDomain: 'realms.example.com' },
        network: {
          resolveCname: async (host) => {
            if (brokenDns) throw new Failure('unreachable_host')
            return [aliases.get(host) ?? []].flat()
          },
        },
      })
    })
    after(() => services.close())

    const anyRealm = () => services.contextFor({ realm: null })
    /** A new realm, and a context with the realm as its scope. */
    async function create(input: Record<string, unknown> = {}) {
      const view = await callOperation(realmCreate, anyRealm(), { name: 'Staff', ...input })
      const found = await services.registry.realmByIssuerId(view.issuerId)
      assert.ok(found)
      return { view, realm: found.realm, context: services.contextFor({ realm: found.realm }) }
    }

    /** The realm as the next request reads it. */
    async function show(issuerId: string) {
      const found = await services.registry.realmByIssuerId(issuerId)
      assert.ok(found)
      return callOperation(realmGet, services.contextFor({ realm: found.realm }))
    }

    test('a realm has its initial values, keys of its own and an address', async () => {
      const { view, realm } = await create()
      const now = services.clock.now()
      const issuer = `https://${view.issuerId}.realms.example.com`
      assert.match(view.issuerId, /^[a-z0-9]{12}$/)
      assert.deepEqual(view, {
        issuerId: view.issuerId,
        name: 'Staff',
        enabled: true,
        issuer,
        discoveryUrl: `${issuer}/.well-known/openid-configuration`,
        magicLinkEnabled: true,
        passkeyEnabled: true,
        minAal: 1,
        defaultLanguage: 'en',
        mailSender: 'server',
        notices: ['Nobody can sign in by mail, whatever magic_link_enabled says: no mail server is configured.'],
        customDomain: null,
        algorithm: 'ES256',
        policy: DEFAULT_POLICY,
        allowedOrigins: [],
        allowedRedirects: [],
        kind: 'realm',
        id: view.id,
        tenantId: services.tenantId,
        version: 1,
        createdAt: now,
        updatedAt: now,
      })
      assert.deepEqual(await show(view.issuerId), view)
      assert.ok((await callOperation(realmList, anyRealm())).data.some(({ id }) => id === view.id))
      const keys = await services.registry.keyRing(services.tenantId, realm.id)
      const first = await services.registry.keyRing(services.tenantId, services.realm.id)
      assert.ok(keys && first && keys.kid !== first.kid)
      assert.notEqual(realm.directoryId, services.realm.directoryId)
    })

    test('members of the policy that are given replace the others, at creation and by a change', async () => {
      const { view, context } = await create({ policy: { accessTokenLifetime: 60 }, algorithm: 'RS256' })
      assert.equal(view.algorithm, 'RS256')
      assert.deepEqual(view.policy, { ...DEFAULT_POLICY, accessTokenLifetime: 60 })
      const changed = await callOperation(realmUpdate, context, { policy: { sessionIdleLifetime: 600 } })
      assert.deepEqual(changed.policy, { ...view.policy, sessionIdleLifetime: 600 })
      assert.deepEqual((await show(view.issuerId)).policy, changed.policy)
      const refused = [{ accessTokenLifetime: 0 }, { accessTokenLifetime: 86_401 }, { unknown: 1 }]
      for (const policy of refused) {
        await assert.rejects(callOperation(realmUpdate, context, { policy }), { code: 'invalid_input' })
      }
    })

    test('each field is written and read back, and the issuing path knows it at once', async () => {
      const { view, context } = await create()
      const given = {
        name: 'Renamed',
        enabled: false,
        magicLinkEnabled: false,
        passkeyEnabled: true,
        minAal: 1,
        defaultLanguage: 'en',
        allowedOrigins: ['https://app.example'],
        allowedRedirects: ['https://app.example/cb'],
      }
      services.clock.advance(1000)
      const changed = await callOperation(realmUpdate, context, given)
      assert.partialDeepStrictEqual(changed, { ...given, version: 2, updatedAt: services.clock.now() })
      assert.deepEqual(await show(view.issuerId), changed)
      assert.partialDeepStrictEqual((await services.registry.realmByIssuerId(view.issuerId))?.realm, given)
      const types = (await eventsAbout(context, view.id)).map(({ type }) => type)
      assert.deepEqual(types, ['realm.created', 'realm.updated', 'realm.disabled'])
      await callOperation(realmUpdate, context, { allowedOrigins: [], enabled: true })
      assert.partialDeepStrictEqual(await show(view.issuerId), { allowedOrigins: [], enabled: true })
    })

    test('a change under an old version fails; of two at once one does', async () => {
      const { view, context } = await create()
      const change = (name: string) => callOperation(realmUpdate, context, { name, ifVersion: 1 })
      const outcomes = await Promise.allSettled([change('One'), change('Two')])
      assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
      await assert.rejects(change('Three'), { code: 'precondition_failed' })
      assert.equal((await show(view.issuerId)).version, 2)
      assert.equal((await eventsAbout(context, view.id)).length, 2)
    })

    test('an assurance level that no sign-in method reaches is refused', async () => {
      const { context } = await create()
      const refused = { code: 'invalid_request' }
      const totpOff = { policy: { totpEnabled: false } }
      await assert.rejects(callOperation(realmUpdate, context, { ...totpOff, minAal: 2 }), refused)
      await assert.rejects(callOperation(realmUpdate, context, { passkeyEnabled: true, minAal: 3 }), refused)
      await assert.rejects(callOperation(realmCreate, context, { name: 'High', minAal: 3 }), refused)
      assert.equal((await callOperation(realmUpdate, context, { minAal: 2 })).minAal, 2)
      await assert.rejects(callOperation(realmUpdate, context, totpOff), (error: Failure) => {
        assert.deepEqual(error.detail.flaws, [
          { path: 'policy.totpEnabled', message: 'authenticator apps cannot be switched off while min_aal is 2' },
        ])
        return error.code === 'invalid_request'
      })
      await callOperation(realmUpdate, context, { minAal: 1 })
      const off = await callOperation(realmUpdate, context, { passkeyEnabled: false, magicLinkEnabled: false })
      assert.deepEqual(off.notices, [])
      const empty = { registration: { mode: 'approved_redirects' }, clientIdMetadata: 'allow_list' } as const
      const { notices } = await callOperation(realmCreate, context, { name: 'Empty', policy: empty })
      assert.equal(notices.filter((notice) => notice.endsWith('is empty.')).length, 2)
      assert.equal((await callOperation(realmUpdate, context, { passkeyEnabled: true })).passkeyEnabled, true)
      await assert.rejects(callOperation(realmUpdate, context, { magicLinkEnabled: true }), refused)
    })

    test('a realm says that the authorities of clients have no effect where no certificate arrives', async () => {
      const { context } = await create()
      const { cert } = makeCertificate({ authority: true })
      const policy = { clientCertificateAuthorities: [cert] }
      const { notices } = await callOperation(realmUpdate, context, { policy })
      assert.match(notices.join(), /client_certificate_authorities has no effect/)
    })

    test('a custom domain becomes the issuer once its CNAME leads to the realm', async () => {
      const { view, context } = await create()
      const domain = `login-${view.issuerId}.example.org`
      await assert.rejects(callOperation(realmUpdate, context, { customDomain: domain }), { code: 'invalid_request' })
      aliases.set(domain, `${view.issuerId}.realms.example.com`)
      const changed = await callOperation(realmUpdate, context, { customDomain: domain.toUpperCase() })
      assert.equal(changed.customDomain, domain)
      assert.equal(changed.issuer, `https://${domain}`)
      assert.equal((await services.registry.realmByHost(domain))?.realm.id, view.id)
      const other = await create()
      aliases.set(domain, `${other.view.issuerId}.realms.example.com`)
      const taken = callOperation(realmUpdate, other.context, { customDomain: domain })
      await assert.rejects(taken, { code: 'already_exists' })
      assert.equal((await show(other.view.issuerId)).version, 1)
      const own = { customDomain: 'x.realms.example.com' }
      await assert.rejects(callOperation(realmUpdate, context, own), { code: 'invalid_request' })
      const cleared = await callOperation(realmUpdate, context, { customDomain: null })
      assert.equal(cleared.issuer, view.issuer)
      assert.equal(await services.registry.realmByHost(domain), undefined)
    })

    test('of two realms that take one custom domain at once, one is told that it is taken; letters are punycode', async () => {
      const pair = [await create(), await create()]
      const [first = '', second = ''] = pair.map(({ view }) => `${view.issuerId}.realms.example.com`)
      const domain = `${pair[0]?.view.issuerId}.böhm.example`
      const written = domain.replace('böhm', 'xn--bhm-sna')
      aliases.set(written, first)
      aliases.set(first, second)
      const outcomes = await Promise.allSettled(
        pair.map(({ context }) => callOperation(realmUpdate, context, { customDomain: domain })),
      )
      const [won] = outcomes.filter((outcome) => outcome.status === 'fulfilled')
      const [lost] = outcomes.filter((outcome) => outcome.status === 'rejected')
      assert.equal(won?.value.customDomain, written)
      assert.equal(lost?.reason.code, 'already_exists')
    })

    test('a custom domain that leads elsewhere is told of, and is lost after three days', async () => {
      const verify = async () => {
        const told: string[] = []
        await JOBS.find(({ name }) => name === 'verify custom domains')?.run(services, (line) => told.push(line))
        return told.filter((line) => line.includes(domain))
      }
      const { view, context } = await create()
      const domain = `moves-${view.issuerId}.example.org`
      const target = `${view.issuerId}.realms.example.com`
      aliases.set(domain, target)
      await callOperation(realmUpdate, context, { customDomain: domain })
      assert.deepEqual(await verify(), [])

      aliases.set(domain, 'elsewhere.example.net')
      assert.match((await verify()).join(), /does not lead to its realm any more/)
      assert.deepEqual(await verify(), [])
      const failing = await show(view.issuerId)
      assert.match(failing.notices.at(-1) ?? '', /loses the domain at/)
      assert.equal(failing.customDomain, domain)

      aliases.set(domain, target)
      assert.match((await verify()).join(), /leads to its realm again/)
      assert.equal((await show(view.issuerId)).notices.length, 1)

      aliases.set(domain, 'elsewhere.example.net')
      await verify()
      services.clock.advance(71 * 3_600_000)
      assert.deepEqual(await verify(), [])
      brokenDns = true
      services.clock.advance(2 * 3_600_000)
      assert.deepEqual(await verify(), [], 'a DNS that does not answer takes no domain away')
      brokenDns = false
      assert.match((await verify()).join(), /was removed/)
      assert.partialDeepStrictEqual(await show(view.issuerId), { customDomain: null, issuer: view.issuer })
      assert.equal(await services.registry.realmByHost(domain), undefined)
      const types = (await eventsAbout(context, view.id)).map(({ type }) => type).slice(3)
      assert.deepEqual(types, [
        'realm.custom_domain_unverified',
        'realm.custom_domain_verified',
        'realm.custom_domain_unverified',
        'realm.custom_domain_cleared',
      ])
    })

    test('a deleted realm is gone, and what it issued is revoked; the default realm stays', async () => {
      const { view, context } = await create()
      const [its, other] = [await issueTokenPair(context), await issueTokenPair(services.contextFor())]
      await callOperation(realmDelete, context)
      assert.equal(await services.registry.realmByIssuerId(view.issuerId), undefined)
      assert.ok(!(await callOperation(realmList, anyRealm())).data.some(({ id }) => id === view.id))
      assert.deepEqual(await pairStatus(context, its), REVOKED_PAIR)
      assert.deepEqual(await pairStatus(anyRealm(), other), ACTIVE_PAIR)
      await assert.rejects(callOperation(realmUpdate, context, { name: 'Late' }), { code: 'not_found' })
      await assert.rejects(callOperation(realmDelete, services.contextFor()), { code: 'conflict' })
      assert.ok(await services.registry.realmByIssuerId('default'))
    })

    test('another tenant lists realms of its own, and changes none of these', async () => {
      const { view, realm } = await create()
      const tenantId = await anotherTenant(services)
      const theirs = await callOperation(realmList, services.contextFor({ realm: null, tenantId }))
      assert.ok(!theirs.data.some(({ id }) => id === view.id))
      const confused = services.contextFor({ realm, tenantId })
      await assert.rejects(callOperation(realmUpdate, confused, { name: 'Theirs' }), { code: 'not_found' })
      await assert.rejects(callOperation(realmDelete, confused), { code: 'not_found' })
      assert.equal((await show(view.issuerId)).name, 'Staff')
    })
  })
}

test('the issuer of a realm: its custom domain, the server, a name under the realm domain, or a path', () => {
  const settings = {
    publicUrl: 'https://id.example.com',
    adminUrl: 'https://admin.example.com',
    mutualTls: undefined,
    realmDomain: undefined,
    sendsMail: true,
    signInLimits: { account: { limit: 5, windowSeconds: 300 }, network: { limit: 50, windowSeconds: 300 } },
    webhookRetry: { firstSeconds: 5, maxAttempts: 8 },
    connectReturnUrls: [],
    connectorSecret: () => undefined,
    retention: {
      codes: 0,
      sessions: 0,
      flowRuns: 0,
      deliveries: 0,
      unusedClients: 0,
      deletedUsers: 0,
      mails: 0,
      issuances: undefined,
      events: undefined,
    },
  }
  const realm = { issuerId: 'abc', kind: 'realm', customDomain: null } as const
  assert.equal(issuerOf({ ...realm, customDomain: 'login.example.org' }, settings), 'https://login.example.org')
  assert.equal(issuerOf({ ...realm, issuerId: 'default' }, settings), 'https://id.example.com')
  assert.equal(issuerOf(realm, settings), 'https://id.example.com/realms/abc')
  const named = { ...settings, publicUrl: 'https://id.example.com:8443', realmDomain: 'realms.example.com' }
  assert.equal(issuerOf(realm, named), 'https://abc.realms.example.com:8443')
})
