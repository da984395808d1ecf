// Checks that nothing personal is left of users who were deleted and erased, besides the events.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { sql } from 'kysely'
import { PLATFORM } from '#kernel/id.ts'
import { parse } from '#kernel/parse.ts'
import { createAccess } from '#testing/access.ts'
import { COLUMNS } from '#testing/columns.ts'
import { countRows, readCounters } from '#testing/counter-check.ts'
import { DIALECTS } from '#testing/databases.ts'
import { anotherTenant, callOperation, eventsAbout } from '#testing/domain-fixtures.ts'
import { purgeBefore } from '#testing/purge.ts'
import { failure } from '#testing/run-operation.ts'
import { openTestServices, type TestServices } from '#testing/services.ts'
import { purgeRun } from '../purge/purge.operations.ts'
import { PurgeRequest } from '../purge/purge.ts'
import { userCreate, userDelete, userErase, userGet } from './user.operations.ts'

const DAY = 86_400_000

for (const dialect of DIALECTS) {
  describe(`the erasure of users on ${dialect}`, () => {
    let services: TestServices
    before(async () => {
      services = await openTestServices({ database: dialect })
    })
    after(() => services.close())

    const context = () => services.contextFor()

    /** A user who is called by a word in all that is known, with a session, and a mail of this server. */
    async function known(word: string): Promise<string> {
      const { id } = await callOperation(userCreate, context(), {
        email: `${word}@Example.com`,
        name: `Ms ${word}`,
        username: word,
        department: word,
        phone: `+49 ${word}`,
        attributes: { word },
        externalId: word,
        password: 'a long enough password',
      })
      const realmId = services.realm.id
      await createAccess(services.database, { id, tenantId: services.tenantId }, { realmId, clientId: realmId }, 1)
      await services.database.write(async ({ kysely }) => {
        await kysely.updateTable('session').set({ ip: word, user_agent: word }).where('user_id', '=', id).execute()
        const [made, tenant] = [services.random.id(), services.tenantId]
        await sql`insert into mail (id, tenant_id, realm_id, kind, about_id, recipient, subject, status, attempts, expires_at, created_at)
          values (${made}, ${tenant}, ${realmId}, 'password_changed', ${id}, ${word}, ${word}, 'sent', 1, 1, 1),
            (${services.random.id()}, ${tenant}, ${realmId}, 'user_registration', null, ${`${word}@example.com`}, 's', 'sent', 1, 1, 1)`.execute(
          kysely,
        )
      })
      return id
    }

    /** The tables besides the event log that have a word in any column. */
    async function tablesWith(word: string): Promise<string[]> {
      const found: string[] = []
      for (const table of [...Object.keys(COLUMNS), ...(dialect === 'sqlite' ? ['user_search'] : [])]) {
        if (table === 'event') continue
        const { rows } = await sql`select * from ${sql.table(table)}`.execute(services.database.read.kysely)
        if (JSON.stringify(rows).toLowerCase().includes(word)) found.push(table)
      }
      return found
    }

    test('only the id is left of a deleted user, at once by the operation', async () => {
      const id = await known('zuleika')
      assert.ok((await tablesWith('zuleika')).length > 2)
      await assert.rejects(callOperation(userErase, context(), { id }), failure('conflict'))
      assert.equal((await callOperation(userGet, context(), { id })).email, 'zuleika@Example.com')
      await callOperation(userDelete, context(), { id })
      const foreign = services.contextFor({ tenantId: await anotherTenant(services) })
      await assert.rejects(callOperation(userErase, foreign, { id }), failure('not_found'))
      assert.deepEqual(
        await tablesWith('zuleika'),
        ['user', 'session', 'mail'].toSorted((a, b) => order(a) - order(b)),
      )
      await callOperation(userErase, context(), { id })
      assert.deepEqual(await tablesWith('zuleika'), [])
      await assert.rejects(callOperation(userErase, context(), { id }), failure('not_found'))
      const last = (await eventsAbout(context(), id)).at(-1)
      assert.equal(last?.type, 'user.erased')
      assert.ok(!JSON.stringify(last).includes('zuleika'), 'the event names nobody')
      await known('zuleika')
    })

    test('a purge erases who was deleted long enough ago, and nobody else; the counters stay right', async () => {
      const [old, recent, living] = [await known('xanthippe'), await known('wilfried'), await known('vercingetorix')]
      await callOperation(userDelete, context(), { id: old })
      services.clock.advance(20 * DAY)
      await callOperation(userDelete, context(), { id: recent })
      services.clock.advance(11 * DAY)
      const platform = services.contextFor({ tenantId: PLATFORM })
      const only = ['deleted-users']
      const planned = await purgeRun.run(platform, parse(PurgeRequest, { only, dryRun: true }))
      assert.equal(planned.targets[0]?.rows, 1)
      assert.deepEqual((await tablesWith('xanthippe')).includes('user'), true)
      const { complete, targets } = await purgeRun.run(platform, parse(PurgeRequest, { only }))
      assert.deepEqual([complete, targets[0]?.rows], [true, 1])
      assert.deepEqual(await tablesWith('xanthippe'), [])
      assert.ok((await tablesWith('wilfried')).includes('user'))
      assert.equal((await callOperation(userGet, context(), { id: living })).username, 'vercingetorix')
      assert.equal(await purgeBefore(services, 'deleted-users', services.clock.now()), 1)
      assert.equal((await eventsAbout(context(), old)).at(-1)?.type, 'user.erased')
      const now = services.clock.now()
      const users = (counts: object) =>
        Object.fromEntries(Object.entries(counts).filter(([key]) => key.includes('users')))
      assert.deepEqual(
        users(await readCounters(services.database, now)),
        users(await countRows(services.database, now)),
      )
    })
  })
}

const order = (table: string) => Object.keys(COLUMNS).indexOf(table)
