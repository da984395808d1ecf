// Checks clients that register themselves.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { DIALECTS } from '#testing/databases.ts'
import { anotherRealm, callOperation, eventsAbout, issueTokenPair } from '#testing/domain-fixtures.ts'
import { openTestServices, type TestServices } from '#testing/services.ts'
import type { Context } from '../context.ts'
import { initialAccessTokenCreate } from '../initial-access-token/initial-access-token.operations.ts'
import { realmUpdate } from '../realm/realm.operations.ts'
import { realmsWithUnusedClients } from './dynamic-client.store.ts'
import { deleteRegistration, deleteUnusedClients, registerClient } from './registration.service.ts'

const WEB = { redirect_uris: ['https://app.example/cb'], client_name: 'App' }
const DAY = 86_400_000

for (const dialect of DIALECTS) {
  describe(`clients that register themselves on ${dialect}`, () => {
    let services: TestServices
    before(async () => {
      services = await openTestServices({ database: dialect })
    })
    after(() => services.close())

    /** A realm of its own with rules for registrations. */
    async function open(registration: object): Promise<Context> {
      const realm = await anotherRealm(services)
      const policy = { registration: { mode: 'open', ...registration } }
      await callOperation(realmUpdate, services.contextFor({ realm }), { policy })
      const changed = await services.registry.realmById(realm.id)
      assert.ok(changed)
      return services.contextFor({ realm: changed.realm })
    }
    const rows = async ({ scope }: Context) =>
      (
        await services.database.read.kysely
          .selectFrom('client')
          .select('client_id')
          .where('realm_id', '=', scope.realm?.id ?? '')
          .execute()
      ).map((row) => row.client_id)

    test('a client that nobody used in time is deleted with its row, one that was used stays', async () => {
      const context = await open({ unusedDays: 2 })
      const [unused, used] = [
        await registerClient(context, WEB, undefined),
        await registerClient(context, WEB, undefined),
      ]
      await issueTokenPair(context, { clientId: used.client.id })
      const realmId = unused.client.realmId
      services.clock.advance(2 * DAY - 1)
      await deleteUnusedClients(context)
      assert.equal((await rows(context)).length, 2)
      const due = async () =>
        (await realmsWithUnusedClients(services.database.read, services.clock.now())).some(
          (one) => one.realmId === realmId,
        )
      assert.equal(await due(), false)
      services.clock.advance(1)
      assert.equal(await due(), true)
      assert.ok(await services.registry.client(services.tenantId, realmId, unused.client.clientId))
      await deleteUnusedClients(context)
      assert.deepEqual(await rows(context), [used.client.clientId])
      assert.equal(await services.registry.client(services.tenantId, realmId, unused.client.clientId), undefined)
      assert.equal(await due(), false)
      const events = await eventsAbout(context, unused.client.id)
      assert.deepEqual(
        events.map(({ type, data }) => [type, data.registeredBy ?? data.unused]),
        [
          ['client.created', 'dynamic'],
          ['client.deleted', true],
        ],
      )
    })

    test('DO-09 registering and deleting leaves no row', async () => {
      const context = await open({})
      for (let round = 0; round < 3; round++) {
        const { client, token } = await registerClient(context, WEB, undefined)
        await deleteRegistration(context, { clientId: client.clientId, token })
      }
      assert.deepEqual(await rows(context), [])
    })

    test('of registrations at once no more succeed than the realm allows', async () => {
      const context = await open({ maxClients: 3 })
      const outcomes = await Promise.allSettled(
        Array.from({ length: 8 }, () => registerClient(context, WEB, undefined)),
      )
      assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 3)
      for (const outcome of outcomes)
        if (outcome.status === 'rejected') assert.equal(outcome.reason.code, 'access_denied')
      assert.equal((await rows(context)).length, 3)
    })

    test('an initial access token is used as often as it says, and not after its expiry', async () => {
      const context = await open({ mode: 'admin_only' })
      const make = (given: object) => callOperation(initialAccessTokenCreate, context, { name: 'CI', ...given })
      const { token } = await make({ uses: 2 })
      const outcomes = await Promise.allSettled(Array.from({ length: 6 }, () => registerClient(context, WEB, token)))
      assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 2)
      assert.equal((await rows(context)).length, 2)
      const expiresAt = new Date(services.clock.now() + DAY).toISOString()
      const late = await make({ uses: null, expiresAt })
      await registerClient(context, WEB, late.token)
      services.clock.advance(DAY)
      await assert.rejects(registerClient(context, WEB, late.token), { code: 'invalid_token' })
      await assert.rejects(make({ expiresAt }), { code: 'invalid_input' })
    })

    test('the admin realm takes no registrations', async () => {
      const context = await open({})
      const { realm } = context.scope
      assert.ok(realm)
      const admin = services.contextFor({ realm: { ...realm, kind: 'admin' } })
      await assert.rejects(registerClient(admin, WEB, undefined), { code: 'not_found' })
    })
  })
}
