// Tests the operations of clients.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { DIALECTS } from '#testing/databases.ts'
import {
  ACTIVE_PAIR,
  anotherRealm,
  anotherTenant,
  callOperation,
  eventsAbout,
  issueTokenPair,
  pairStatus,
  REVOKED_PAIR,
} from '#testing/domain-fixtures.ts'
import { openTestServices, type TestServices } from '#testing/services.ts'
import { resourceCreate } from '../resource/resource.operations.ts'
import {
  clientCreate,
  clientDelete,
  clientGet,
  clientList,
  clientReactivate,
  clientRotateSecret,
  clientSuspend,
  clientUpdate,
} from './client.operations.ts'

const WEB = { label: 'Web', redirectUris: ['https://app.example/cb'] }
const SERVICE = { label: 'Service', grantTypes: ['client_credentials'] }

for (const dialect of DIALECTS) {
  describe(`clients on ${dialect}`, () => {
    let services: TestServices
    before(async () => {
      services = await openTestServices({ database: dialect })
    })
    after(() => services.close())

    /** The client as the registry returns it. */
    const registered = async (clientId: string) =>
      services.registry.client(services.tenantId, services.realm.id, clientId)

    test('a client that chooses RS256 of a new realm gets keys for it, and one that chooses what nobody signs is told', async () => {
      const realm = await anotherRealm(services)
      const context = services.contextFor({ realm })
      const signs = async () => [
        ...((await services.registry.keyRing(services.tenantId, realm.id))?.signers.keys() ?? []),
      ]
      assert.deepEqual(await signs(), ['ES256'])
      const { id } = await callOperation(clientCreate, context, { ...WEB, idTokenSignedResponseAlg: 'ES256' })
      const refused = { code: 'invalid_input', message: /SignedResponseAlg: the realm does not sign with/ }
      await assert.rejects(
        callOperation(clientCreate, context, { ...WEB, userinfoSignedResponseAlg: 'EdDSA' }),
        refused,
      )
      await assert.rejects(callOperation(clientUpdate, context, { id, idTokenSignedResponseAlg: 'EdDSA' }), refused)
      const strict = { id, profile: 'fapi-2.0', idTokenSignedResponseAlg: 'RS256' }
      await assert.rejects(callOperation(clientUpdate, context, strict), refused)
      assert.deepEqual(await signs(), ['ES256'])
      await callOperation(clientUpdate, context, { id, idTokenSignedResponseAlg: 'RS256' })
      assert.deepEqual(await signs(), ['ES256', 'RS256'])
    })

    test('RFC 8705: a new client is told that no certificate of it arrives', async () => {
      const context = services.contextFor()
      const method = { authMethod: 'tls_client_auth', tlsClientAuthSubjectDn: 'CN=orders' }
      const { notices } = await callOperation(clientCreate, context, { ...WEB, ...method })
      assert.match(String(notices), /cannot authenticate by tls_client_auth: no certificate arrives/)
      assert.equal((await callOperation(clientCreate, context, WEB)).notices, undefined)
    })

    test('a client that needs no PKCE is told by a list of its own and by the events', async () => {
      const context = services.contextFor({ realm: await anotherRealm(services) })
      await callOperation(clientCreate, context, { ...WEB, label: 'Careful' })
      const { id } = await callOperation(clientCreate, context, { ...WEB, pkceRequired: false })
      const ids = async (wanted: string) =>
        (await callOperation(clientList, context, { pkce_required: wanted })).data.map((client) => client.id)
      assert.deepEqual(await ids('false'), [id])
      assert.equal((await ids('true')).includes(id), false)
      await callOperation(clientUpdate, context, { id, pkceRequired: true })
      assert.deepEqual(await ids('false'), [])
      const [created, updated] = await eventsAbout(context, id)
      assert.equal(created?.data.pkceRequired, false)
      assert.deepEqual(
        [updated?.data.changed, updated?.data.before, updated?.data.after],
        [['pkceRequired'], { pkceRequired: false }, { pkceRequired: true }],
      )
    })

    test('a client gets its secret once, and what is not given has its initial value', async () => {
      const context = services.contextFor()
      const { clientSecret, ...created } = await callOperation(clientCreate, context, WEB)
      const now = services.clock.now()
      assert.deepEqual(created, {
        clientId: created.clientId,
        application: { id: created.application.id, name: 'Web' },
        label: 'Web',
        authMethod: 'client_secret',
        grantTypes: ['authorization_code'],
        scopes: ['openid'],
        audiences: [],
        redirectUris: ['https://app.example/cb'],
        postLogoutRedirectUris: [],
        jwksUri: null,
        jwks: null,
        federatedCredentials: [],
        firstParty: false,
        accessTokenLifetime: null,
        refreshTokenLifetime: null,
        allowedOrigins: [],
        identityAssertions: [],
        tokenExchangeAllowed: false,
        impersonationAllowed: false,
        subjectType: 'public',
        sectorIdentifierUri: null,
        idTokenSignedResponseAlg: null,
        idTokenEncryptedResponseAlg: null,
        idTokenEncryptedResponseEnc: null,
        userinfoSignedResponseAlg: null,
        userinfoEncryptedResponseAlg: null,
        userinfoEncryptedResponseEnc: null,
        introspectionSignedResponseAlg: null,
        introspectionEncryptedResponseAlg: null,
        introspectionEncryptedResponseEnc: null,
        authorizationSignedResponseAlg: null,
        authorizationEncryptedResponseAlg: null,
        authorizationEncryptedResponseEnc: null,
        backchannelLogoutUri: null,
        idTokenProfileClaims: false,
        organizationUsage: 'none',
        signInMethods: null,
        minAal: null,
        pkceRequired: true,
        introspectAllTokens: false,
        profile: null,
        dpopBoundAccessTokens: false,
        tlsClientAuthSubjectDn: null,
        tlsClientAuthSanDns: null,
        tlsClientAuthSanUri: null,
        tlsClientAuthSanIp: null,
        tlsClientAuthSanEmail: null,
        tlsClientCertificateBoundAccessTokens: false,
        requestObjectSigningAlg: null,
        requestObjectEncryptionAlg: null,
        requestObjectEncryptionEnc: null,
        requireSignedRequestObject: false,
        frontchannelLogoutUri: null,
        frontchannelLogoutSessionRequired: false,
        backchannelTokenDeliveryMode: 'poll',
        backchannelClientNotificationEndpoint: null,
        backchannelAuthenticationRequestSigningAlg: null,
        authorizationDetailsTypes: [],
        mappedClaims: [],
        requirePushedAuthorizationRequests: false,
        applicationType: null,
        registeredBy: 'administrator',
        about: null,
        enabled: true,
        id: created.id,
        version: 1,
        createdAt: now,
        updatedAt: now,
      })
      assert.ok(clientSecret)
      assert.equal((await registered(created.clientId))?.secretHash, services.crypto.digest(clientSecret))
      const shown = await callOperation(clientGet, context, { id: created.id })
      assert.deepEqual(shown, created)
      const listed = await callOperation(clientList, context, { limit: 200 })
      assert.deepEqual(
        listed.data.find(({ id }) => id === created.id),
        created,
      )
      const events = await eventsAbout(context, created.id)
      assert.deepEqual(
        events.map(({ type }) => type),
        ['client.created'],
      )
      assert.ok(!JSON.stringify([shown, listed, events]).includes(clientSecret))
    })

    test('each field is written and read back', async () => {
      const context = services.contextFor()
      const resource = await callOperation(resourceCreate, context, { identifier: 'https://api.example', slug: 'api' })
      const given = {
        label: 'Everything',
        grantTypes: ['authorization_code', 'refresh_token'],
        scopes: ['openid', 'read'],
        redirectUris: ['https://app.example/a', 'com.example.app:/b'],
        postLogoutRedirectUris: ['https://app.example/bye'],
        firstParty: true,
        accessTokenLifetime: 60,
        refreshTokenLifetime: 3600,
        allowedOrigins: ['https://app.example'],
        tokenExchangeAllowed: true,
        applicationType: 'native',
      }
      const created = await callOperation(clientCreate, context, {
        ...given,
        authMethod: 'private_key_jwt',
        audiences: ['api'],
        jwksUri: 'https://app.example/jwks',
      })
      const expected = { ...given, audiences: [resource.identifier], jwksUri: 'https://app.example/jwks' }
      assert.partialDeepStrictEqual(await callOperation(clientGet, context, { id: created.id }), expected)
      assert.partialDeepStrictEqual(await registered(created.clientId), expected)
      assert.equal(created.clientSecret, undefined)
    })

    test('a change replaces what is given under the version that it was meant for', async () => {
      const context = services.contextFor()
      const { id, clientId } = await callOperation(clientCreate, context, WEB)
      assert.equal((await registered(clientId))?.label, 'Web')
      services.clock.advance(1000)
      const changed = await callOperation(clientUpdate, context, {
        id,
        label: 'Renamed',
        redirectUris: ['https://app.example/new'],
        ifVersion: 1,
      })
      assert.partialDeepStrictEqual(changed, {
        label: 'Renamed',
        redirectUris: ['https://app.example/new'],
        scopes: ['openid'],
        version: 2,
        updatedAt: services.clock.now(),
      })
      assert.ok(changed.createdAt < changed.updatedAt)
      assert.equal((await registered(clientId))?.label, 'Renamed')
      const stale = { id, label: 'Late', ifVersion: 1 }
      await assert.rejects(callOperation(clientUpdate, context, stale), { code: 'precondition_failed' })
      assert.equal((await callOperation(clientGet, context, { id })).label, 'Renamed')
      const [, event] = await eventsAbout(context, id)
      assert.deepEqual(event?.data, {
        ...{ clientId, label: 'Renamed', changed: ['label', 'redirectUris'] },
        before: { label: 'Web', redirectUris: WEB.redirectUris },
        after: { label: 'Renamed', redirectUris: ['https://app.example/new'] },
      })
    })

    test('two changes of one version at once: one of them fails and leaves nothing', async () => {
      const context = services.contextFor()
      const { id } = await callOperation(clientCreate, context, WEB)
      const change = (label: string) => callOperation(clientUpdate, context, { id, label, ifVersion: 1 })
      const outcomes = await Promise.allSettled([change('One'), change('Two')])
      assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
      assert.equal((await callOperation(clientGet, context, { id })).version, 2)
      assert.equal((await eventsAbout(context, id)).length, 2)
    })

    test('parts that do not go together are refused at creation and after a change', async () => {
      const context = services.contextFor()
      const refused = [
        { label: 'No redirect URI' },
        { ...WEB, grantTypes: [] },
        { ...SERVICE, authMethod: 'none' },
        { ...SERVICE, grantTypes: ['refresh_token'] },
        { ...SERVICE, authMethod: 'private_key_jwt' },
        { ...SERVICE, jwksUri: 'https://app.example/jwks' },
        { ...WEB, redirectUris: ['http://app.example/cb'] },
        { ...WEB, redirectUris: ['https://app.example/cb#part'] },
        { ...WEB, unknown: true },
      ]
      for (const input of refused) {
        await assert.rejects(
          callOperation(clientCreate, context, input),
          { code: 'invalid_input' },
          JSON.stringify(input),
        )
      }
      const { id } = await callOperation(clientCreate, context, WEB)
      for (const change of [{ redirectUris: [] }, { grantTypes: ['refresh_token'] }, { authMethod: 'none' }]) {
        await assert.rejects(callOperation(clientUpdate, context, { id, ...change }), { code: 'invalid_input' })
      }
      await assert.rejects(callOperation(clientUpdate, context, { id, audiences: ['https://unknown.example'] }), {
        code: 'invalid_target',
      })
      assert.equal((await callOperation(clientGet, context, { id })).version, 1)
    })

    test('a new secret replaces the old one at once; a public client has none to replace', async () => {
      const context = services.contextFor()
      const { id, clientId, clientSecret: before } = await callOperation(clientCreate, context, SERVICE)
      assert.ok(before)
      assert.equal((await registered(clientId))?.secretHash, services.crypto.digest(before))
      const { clientSecret, version } = await callOperation(clientRotateSecret, context, { id })
      assert.ok(clientSecret && clientSecret !== before)
      assert.equal(version, 2)
      assert.equal((await registered(clientId))?.secretHash, services.crypto.digest(clientSecret))
      const open = await callOperation(clientCreate, context, { ...WEB, authMethod: 'none' })
      await assert.rejects(callOperation(clientRotateSecret, context, { id: open.id }), { code: 'conflict' })
    })

    test('a suspended client is known as such until it is reactivated; doing it twice says nothing twice', async () => {
      const context = services.contextFor()
      const { id, clientId } = await callOperation(clientCreate, context, SERVICE)
      assert.equal((await callOperation(clientSuspend, context, { id })).enabled, false)
      assert.equal((await callOperation(clientSuspend, context, { id })).version, 2)
      assert.equal((await registered(clientId))?.status, 'suspended')
      assert.equal((await callOperation(clientReactivate, context, { id })).enabled, true)
      assert.equal((await registered(clientId))?.status, 'active')
      assert.deepEqual(
        (await eventsAbout(context, id)).map(({ type }) => type),
        ['client.created', 'client.suspended', 'client.reactivated'],
      )
    })

    test('a deleted client is gone, and what it was issued is revoked', async () => {
      const context = services.contextFor()
      const { id, clientId } = await callOperation(clientCreate, context, SERVICE)
      const [its, other] = [await issueTokenPair(context, { clientId: id }), await issueTokenPair(context)]
      await callOperation(clientDelete, context, { id })
      assert.equal(await registered(clientId), undefined)
      assert.deepEqual(await pairStatus(context, its), REVOKED_PAIR)
      assert.deepEqual(await pairStatus(context, other), ACTIVE_PAIR)
      for (const operation of [clientGet, clientDelete, clientSuspend]) {
        await assert.rejects(callOperation(operation, context, { id }), { code: 'not_found' })
      }
    })

    test('a realm of the same tenant and another tenant do not find it', async () => {
      const context = services.contextFor()
      const { id } = await callOperation(clientCreate, context, WEB)
      const elsewhere = [
        services.contextFor({ realm: await anotherRealm(services) }),
        services.contextFor({ realm: await anotherRealm(services, await anotherTenant(services)) }),
      ]
      for (const other of elsewhere) {
        for (const operation of [clientGet, clientRotateSecret, clientSuspend, clientDelete]) {
          await assert.rejects(callOperation(operation, other, { id }), { code: 'not_found' })
        }
        await assert.rejects(callOperation(clientUpdate, other, { id, label: 'Theirs' }), { code: 'not_found' })
        assert.ok(!(await callOperation(clientList, other)).data.some((client) => client.id === id))
      }
      assert.equal((await callOperation(clientGet, context, { id })).version, 1)
    })
  })
}
