// Checks that a revocation reaches every descendant of a token.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Context } from '#domain/context.ts'
import { issuanceGet, issuanceList, issuanceRevoke } from '#domain/issuance/issuance.operations.ts'
import { renderId } from '#kernel/id.ts'
import { DIALECTS } from '#testing/databases.ts'
import { anotherRealm, anotherTenant, callOperation } from '#testing/domain-fixtures.ts'
import { openTestServices, type TestServices } from '#testing/services.ts'

const AUDIENCE = 'https://api.example.com'

for (const dialect of DIALECTS) {
  describe(`revocation on ${dialect}`, () => {
    let services: TestServices
    before(async () => {
      services = await openTestServices({ database: dialect })
    })
    after(() => services.close())

    /** Issues a token, perhaps in exchange for another one. */
    async function issue(context: Context, parent: string | null = null, lifetime = 3_600_000): Promise<string> {
      const id = services.random.id()
      const now = services.clock.now()
      await context.write((unit) =>
        unit.issue({
          id,
          tenant_id: context.scope.tenantId,
          realm_id: context.scope.realm?.id ?? '',
          client_id: services.random.id(),
          client_name: 'c',
          client_label: 'C',
          user_id: null,
          session_id: null,
          family_id: null,
          parent_id: parent,
          grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
          audience: AUDIENCE,
          scopes: 'read write',
          kid: 'k1',
          token_hash: services.random.secret(),
          issued_at: now,
          expires_at: now + lifetime,
          confirmation: null,
          act: null,
        }),
      )
      return id
    }
    const revokedAt = async (context: Context, id: string) => (await context.read.issuances.find(id))?.revokedAt

    test('ends what a token was exchanged for, however deep, and nothing else', async () => {
      const context = services.contextFor()
      const root = await issue(context)
      const [left, right] = [await issue(context, root), await issue(context, root)]
      const deep = [left]
      for (let depth = 0; depth < 20; depth++) deep.push(await issue(context, deep.at(-1) ?? null))
      const [sibling, above] = [await issue(context), root]
      const countAbove = async (id: string, limit = 50) => context.read.issuances.countAbove(id, limit)
      const last = deep.at(-1) ?? ''
      assert.deepEqual(await Promise.all([root, left, last].map((id) => countAbove(id))), [0, 1, 21])
      assert.deepEqual([await countAbove(last, 16), await countAbove('unknown')], [16, 0])
      const elsewhere = services.contextFor({ tenantId: services.random.id() })
      assert.equal(await elsewhere.read.issuances.countAbove(last, 50), 0)
      await callOperation(issuanceRevoke, context, { id: left })
      const now = services.clock.now()
      for (const id of deep) assert.equal(await revokedAt(context, id), now)
      for (const id of [right, sibling, above]) assert.equal(await revokedAt(context, id), null)
      services.clock.advance(1000)
      await callOperation(issuanceRevoke, context, { id: root })
      assert.equal(await revokedAt(context, right), services.clock.now())
      assert.equal(await revokedAt(context, left), now, 'what was revoked before keeps its time')
    })

    test('of an owner ends what the tokens were exchanged for', async () => {
      const context = services.contextFor({ realm: await anotherRealm(services) })
      const other = services.contextFor()
      const child = await issue(other, await issue(context))
      const revoked = await context.write((unit) =>
        unit.issuances.revokeWhere({ realmId: context.scope.realm?.id ?? '' }, services.clock.now()),
      )
      assert.equal(revoked, 2)
      assert.equal(await revokedAt(other, child), services.clock.now())
    })

    test('of 10,000 tokens below one is one write', async () => {
      const context = services.contextFor()
      const root = await issue(context)
      const now = services.clock.now()
      const ids = Array.from({ length: 10_000 }, () => services.random.id())
      for (let start = 0; start < ids.length; start += 1000) {
        await context.write((unit) => {
          for (let index = start; index < start + 1000; index++) {
            unit.issue({
              id: ids[index] as string,
              tenant_id: context.scope.tenantId,
              realm_id: context.scope.realm?.id ?? '',
              client_id: context.scope.tenantId,
              client_name: 'c',
              client_label: 'C',
              user_id: null,
              session_id: null,
              family_id: null,
              parent_id: index < 3 ? root : (ids[Math.floor(index / 3) - 1] ?? root),
              grant_type: 'client_credentials',
              audience: AUDIENCE,
              scopes: '',
              kid: 'k1',
              token_hash: services.random.secret(),
              issued_at: now,
              expires_at: now + 3_600_000,
              confirmation: null,
              act: null,
            })
          }
        })
      }
      const start = performance.now()
      await callOperation(issuanceRevoke, context, { id: root })
      assert.ok(performance.now() - start < 5000)
      for (const id of [ids[0], ids[5000], ids[9999]]) assert.equal(await revokedAt(context, id ?? ''), now)
    })

    test('and an exchange at the same time leave no valid token below a revoked one', async () => {
      const context = services.contextFor()
      for (let round = 0; round < 20; round++) {
        const parent = await issue(context)
        const child = services.random.id()
        const now = services.clock.now()
        await Promise.all([
          context.write(async (unit) => {
            if (!(await unit.issuances.hold(parent, now))) return
            unit.issue({
              id: child,
              tenant_id: context.scope.tenantId,
              realm_id: context.scope.realm?.id ?? '',
              client_id: services.random.id(),
              client_name: 'c',
              client_label: 'C',
              user_id: null,
              session_id: null,
              family_id: null,
              parent_id: parent,
              grant_type: 'client_credentials',
              audience: AUDIENCE,
              scopes: '',
              kid: 'k1',
              token_hash: services.random.secret(),
              issued_at: now,
              expires_at: now + 3_600_000,
              confirmation: null,
              act: null,
            })
          }),
          callOperation(issuanceRevoke, context, { id: parent }),
        ])
        assert.notEqual(await revokedAt(context, child), null, `round ${round}`)
      }
    })

    test('a token of another tenant is neither found nor revoked nor held', async () => {
      const id = await issue(services.contextFor())
      const stranger = services.contextFor({ realm: await anotherRealm(services, await anotherTenant(services)) })
      await assert.rejects(callOperation(issuanceRevoke, stranger, { id }), { code: 'not_found' })
      const held = await stranger.write(({ issuances }) => issuances.hold(id, services.clock.now()))
      const revoked = await stranger.write(({ issuances }) => issuances.revoke(id, services.clock.now()))
      assert.deepEqual([held, revoked], [false, false])
      assert.equal(await revokedAt(services.contextFor(), id), null)
    })

    test('reaches tokens of earlier versions, which are listed among the others until they are gone', async () => {
      const context = services.contextFor({ realm: await anotherRealm(services) })
      const now = services.clock.now()
      const [clientId, userId] = [services.random.id(), services.random.id()]
      const earlier = [services.random.id(), services.random.id(), services.random.id()]
      await services.database.write(async ({ kysely }) => {
        for (const [index, id] of earlier.entries()) {
          await kysely
            .insertInto('issuance')
            .values({
              id,
              tenant_id: context.scope.tenantId,
              realm_id: context.scope.realm?.id ?? '',
              client_id: clientId,
              user_id: userId,
              session_id: null,
              family_id: null,
              parent_id: null,
              grant_type: 'authorization_code',
              audience: AUDIENCE,
              scopes: 'read',
              kid: 'k0',
              token_hash: services.random.secret(),
              issued_at: now,
              expires_at: now + 3_600_000,
              revoked_at: null,
              block: dialect === 'sqlite' ? index : 0,
            })
            .execute()
          if (dialect === 'sqlite' && index > 0) {
            await kysely.insertInto('issuance_block').values({ block: index, newest: id }).execute()
          }
        }
      })
      services.clock.advance(1000)
      const later = await issue(context)
      const listed = async (query: object) =>
        (await callOperation(issuanceList, context, query)).data.map(({ id }) => id)
      assert.deepEqual(await listed({}), [later, ...[...earlier].reverse()])
      assert.deepEqual(await listed({ userId: renderId('user', userId) }), [...earlier].reverse())
      assert.deepEqual(await listed({ limit: '2' }), [later, earlier[2]])
      const [first, second, third] = earlier as [string, string, string]
      assert.equal((await callOperation(issuanceGet, context, { id: first })).kid, 'k0')
      const presented = await context.read.issuances.findToken(first)
      assert.deepEqual([presented?.userId, presented?.scopes], [userId, ['read']])
      assert.equal(await context.write(({ issuances }) => issuances.hold(first, now)), true)
      await callOperation(issuanceRevoke, context, { id: first })
      assert.equal(await context.write(({ issuances }) => issuances.hold(first, now)), false)
      const revoked = await context.write(({ issuances }) => issuances.revokeWhere({ userId }, services.clock.now()))
      assert.equal(revoked, 2)
      assert.deepEqual(await Promise.all([second, third].map((id) => revokedAt(context, id))), [now + 1000, now + 1000])
    })
  })
}
