// Checks the status lists of a realm, with the library that resource servers use and with jose.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { inflateSync } from 'node:zlib'
import { resourceServer } from '@countersign/server'
import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose'
import { clientDelete } from '#domain/client/client.operations.ts'
import { issuanceRevoke } from '#domain/issuance/issuance.operations.ts'
import type { Services } from '#domain/open-context.ts'
import { realmUpdate } from '#domain/realm/realm.operations.ts'
import { sessionRevoke } from '#domain/session/session.operations.ts'
import { userUpdate } from '#domain/user/user.operations.ts'
import {
  API,
  type AuthorizationFixture,
  answerOf,
  authorizeInBrowser,
  openAuthorizationFixture,
} from '#testing/authorization-fixture.ts'
import { DIALECTS } from '#testing/databases.ts'
import { anotherRealm, callOperation } from '#testing/domain-fixtures.ts'
import { FormBrowser } from '#testing/form-browser.ts'
import { openServicesOver } from '#testing/services.ts'
import { basic, exchangeCode, isActive, postForm, refreshWith, tokensFor, tokensOf } from '#testing/token-client.ts'

const PERIOD = 3_600_000
const TTL = 60_000

for (const dialect of DIALECTS) {
  describe(`status lists on ${dialect}`, () => {
    let fixture: AuthorizationFixture
    /** Another process over the same database; SQLite has one. */
    let beside: Services
    let issuer: string
    const requested = { resource: API, scope: 'openid offline_access orders:read' }

    before(async () => {
      fixture = await openAuthorizationFixture({ database: dialect })
      const { services } = fixture
      beside = dialect === 'sqlite' ? services : { ...(await openServicesOver(services.store)), clock: services.clock }
      issuer = fixture.newBrowser().issuer
    })
    after(() => fixture.close())

    const setLists = (statusList: boolean) =>
      callOperation(realmUpdate, fixture.services.contextFor(), { policy: { statusList } })

    /** Asks a process of the server. */
    async function ask(address: string, headers: Record<string, string> = {}, services: Services = fixture.services) {
      const found = await services.registry.realmByIssuerId(fixture.services.realm.issuerId)
      assert.ok(found)
      return new FormBrowser(services, found.realm).get(new URL(address).pathname, {}, headers)
    }

    /** A resource server that verifies tokens by itself. @param replies what it is told, and gets */
    function openApi(
      services: Services = fixture.services,
      replies: { isReachable: boolean; statuses: number[] } = { isReachable: true, statuses: [] },
    ) {
      const api = resourceServer({
        issuer,
        resource: API,
        now: () => fixture.services.clock.now(),
        statusList: { required: true },
        async fetch(address, init) {
          if (!replies.isReachable) throw new Error('unreachable')
          const headers = Object.fromEntries(new Headers(init?.headers))
          const { status, headers: replied, text } = await ask(String(address), headers, services)
          replies.statuses.push(status)
          return new Response(text || null, { status, headers: replied as Record<string, string> })
        },
      })
      return async (token: string) => {
        const header = (name: string) => (name === 'authorization' ? `Bearer ${token}` : undefined)
        return api.verify({ method: 'GET', path: '/orders', header }).then(
          () => true,
          ({ status }) => {
            if (status === 503) return undefined
            assert.equal(status, 401)
            return false
          },
        )
      }
    }

    const statusOf = (token: string) =>
      (decodeJwt(token).status as { status_list: { idx: number; uri: string } } | undefined)?.status_list

    test('tokens name a list only where the realm has them on', async () => {
      const client = await fixture.makeClient({ firstParty: true })
      assert.equal(statusOf((await tokensFor(fixture, client, requested)).access), undefined)
      await setLists(true)
      const { access } = await tokensFor(fixture, client, requested)
      assert.ok(statusOf(access)?.uri.startsWith(`${issuer}/oauth/status-lists/`))
      assert.ok(await isActive(fixture, client, access))
    })

    test('a token that was revoked, in whatever way, is refused offline within the ttl of the list', async () => {
      const { services, bob } = fixture
      const context = services.contextFor()
      const client = await fixture.makeClient({ firstParty: true })
      const doomed = await fixture.makeClient({ firstParty: true })
      const own = async (by = client) => tokensFor(fixture, by, requested)
      const [kept, token, byAdmin, family, session, ofClient] = [
        await own(),
        await own(),
        await own(),
        await own(),
        await own(),
        await own(doomed),
      ]
      const second = tokensOf(await refreshWith(fixture, client, family.refresh, requested))
      const visit = await authorizeInBrowser(
        fixture.newBrowser(),
        fixture.request({ client_id: client.clientId, ...requested }),
        bob,
      )
      const ofUser = tokensOf(await exchangeCode(fixture, client, answerOf(visit).code ?? ''))
      const [here, there] = [openApi(), openApi(beside)]
      const all = [token, byAdmin, family, second, session, ofClient, ofUser]
      for (const { access } of [kept, ...all]) assert.ok((await here(access)) && (await there(access)))
      assert.equal(new Set([kept, ...all].map(({ access }) => statusOf(access)?.idx)).size, all.length + 1)

      const sessionId = (await context.read.issuances.find(String(decodeJwt(session.access).jti)))?.sessionId
      assert.ok(sessionId)
      await postForm(fixture, '/oauth/revoke', { token: token.access }, basic(client))
      await callOperation(issuanceRevoke, context, { id: String(decodeJwt(byAdmin.access).jti) })
      await postForm(fixture, '/oauth/revoke', { token: second.refresh }, basic(client))
      await callOperation(sessionRevoke, context, { id: sessionId })
      await callOperation(clientDelete, context, { id: doomed.id })
      await callOperation(userUpdate, context, { id: bob.id, status: 'suspended' })
      assert.ok(await here(token.access), 'the list is used until its ttl is over')
      services.clock.advance(TTL)
      for (const [at, { access }] of all.entries()) {
        assert.deepEqual([await here(access), await there(access)], [false, false], `revocation ${at}`)
      }
      assert.ok((await here(kept.access)) && (await there(kept.access)))
    })

    test('a list is signed, has one bit for each token, and is sent again only when it changed', async () => {
      const { services } = fixture
      const client = await fixture.makeClient({ firstParty: true })
      const { access } = await tokensFor(fixture, client, requested)
      const { idx, uri } = statusOf(access) ?? { idx: -1, uri: '' }
      services.clock.advance(1_000)
      const before = await ask(uri)
      assert.deepEqual(
        [before.status, before.headers['content-type'], before.headers['cache-control']],
        [200, 'application/statuslist+jwt', 'no-cache'],
      )
      const etag = String(before.headers.etag)
      const known = await ask(uri, { 'if-none-match': `"other", ${etag}` })
      assert.deepEqual([known.status, known.text, known.headers.etag], [304, '', etag])
      assert.equal((await ask(uri, {}, beside)).headers.etag, etag, 'every process has the same list')
      await postForm(fixture, '/oauth/revoke', { token: access }, basic(client))
      services.clock.advance(1_000)
      const changed = await ask(uri, { 'if-none-match': etag })
      assert.equal(changed.status, 200)

      const keys = createLocalJWKSet(JSON.parse((await ask(`${issuer}/jwks.json`)).text))
      const currentDate = new Date(services.clock.now())
      const bitsOf = async (text: string) => {
        const { payload } = await jwtVerify(text, keys, { typ: 'statuslist+jwt', subject: uri, currentDate })
        const { bits, lst } = payload.status_list as { bits: number; lst: string }
        assert.deepEqual([bits, payload.ttl], [1, 60])
        const ahead = Number(payload.exp) - services.clock.now() / 1000
        assert.ok(ahead >= 3_600 && ahead <= 5_400, `it expires in ${ahead} seconds`)
        return inflateSync(Buffer.from(lst, 'base64url'))
      }
      const [old, now] = [await bitsOf(before.text), await bitsOf(changed.text)]
      assert.equal(now.length, 131_072)
      const differing = [...now.keys()].filter((at) => old[at] !== now[at])
      assert.deepEqual(differing, [idx >> 3])
      assert.equal((now[idx >> 3] ?? 0) ^ (old[idx >> 3] ?? 0), 1 << (idx & 7))
    })

    test('a revocation is in the next list that is signed where the signature of one failed', async (t) => {
      const { services } = fixture
      const client = await fixture.makeClient({ firstParty: true })
      const { access } = await tokensFor(fixture, client, requested)
      const { uri } = statusOf(access) ?? { uri: '' }
      services.clock.advance(1_000)
      const before = await ask(uri)
      await postForm(fixture, '/oauth/revoke', { token: access }, basic(client))
      services.clock.advance(1_000)
      const keyRing = t.mock.method(services.registry, 'keyRing', async () => undefined)
      assert.equal((await ask(uri)).status, 503)
      keyRing.mock.restore()
      const after = await ask(uri, { 'if-none-match': String(before.headers.etag) })
      assert.equal(after.status, 200)
      assert.notEqual(after.headers.etag, before.headers.etag)
    })

    test('an API asks once a minute whether a list changed, and goes on for a bounded time where nothing responds', async () => {
      const { clock } = fixture.services
      const client = await fixture.makeClient({ firstParty: true })
      const { access } = await tokensFor(fixture, client, requested)
      const replies = { isReachable: true, statuses: [] as number[] }
      const isAccepted = openApi(fixture.services, replies)
      for (const wait of [0, TTL, TTL - 1, 1]) {
        clock.advance(wait)
        assert.deepEqual(await Promise.all([isAccepted(access), isAccepted(access)]), [true, true])
      }
      assert.deepEqual(replies.statuses, [200, 200, 200, 304, 304], 'metadata, keys and the list; the list twice more')
      replies.isReachable = false
      clock.advance(5 * TTL - 1)
      assert.equal(await isAccepted(access), true)
      clock.advance(TTL)
      assert.equal(await isAccepted(access), undefined, 'it responds with 503')
    })

    test('a realm serves its own lists alone, while tokens may be in them', async () => {
      const { services } = fixture
      const client = await fixture.makeClient({ firstParty: true })
      const listOf = async () => statusOf((await tokensFor(fixture, client, requested)).access)?.uri ?? ''
      const first = await listOf()
      const path = new URL(first).pathname
      const another = await anotherRealm(services)
      assert.equal((await new FormBrowser(services, another).get(path)).status, 404)
      for (const name of ['x', '0'.repeat(22), `${path.split('/').at(-1)}A`, services.realm.id]) {
        assert.equal((await ask(`${issuer}/oauth/status-lists/${name}`)).status, 404, name)
      }
      services.clock.advance(PERIOD)
      const next = await listOf()
      assert.notEqual(next, first)
      await setLists(false)
      assert.equal((await ask(first)).status, 200, 'tokens that name it may be valid')
      services.clock.advance(24 * PERIOD + 300_000)
      assert.deepEqual([(await ask(first)).status, (await ask(next)).status], [404, 200])
    })
  })
}
