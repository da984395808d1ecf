// Checks the search for parts of user names.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { sql } from 'kysely'
import { DIALECTS } from '#testing/databases.ts'
import { anotherRealm } from '#testing/domain-fixtures.ts'
import { runOperation } from '#testing/run-operation.ts'
import { openTestServices, type TestServices } from '#testing/services.ts'
import { userCreate, userDelete, userSearch, userUpdate } from './user.operations.ts'

const CROWD = 6_000

for (const dialect of DIALECTS) {
  describe(`users are found by any part of their names on ${dialect}`, () => {
    let services: TestServices
    before(async () => {
      services = await openTestServices({ database: dialect })
    })
    after(() => services.close())

    const find = async (search: string, more: object = {}) => {
      const page = await runOperation(userSearch, services.contextFor(), { search, ...more })
      return { emails: page.data.map(({ email }) => email), count: page.count }
    }

    async function assertFound(): Promise<void> {
      for (const search of ['ovelace', 'LOVELACE', 'a.lovel', 'da Love', 'analytical', 'a.lovelace@böhm.example']) {
        assert.deepEqual((await find(search)).emails, ['a.lovelace@böhm.example'], search)
      }
      assert.deepEqual((await find('öhm.exa')).emails, ['a.lovelace@böhm.example'])
      assert.deepEqual((await find('xn--bhm')).emails, ['a.lovelace@böhm.example'])
      assert.deepEqual((await find('Quist')).emails, [])
      assert.deepEqual((await find('lovelace', { status: 'suspended' })).emails, [])
      for (const search of ["o'hara", '100%_"\\']) {
        assert.deepEqual((await find(search)).emails, ["o'hara@example.com"], search)
      }
    }

    test('in a small directory and in a large one, and never in another', async () => {
      const context = services.contextFor()
      const ada = { email: 'a.lovelace@böhm.example', name: 'Ada Lovelace', username: 'analytical' }
      const { id } = await runOperation(userCreate, context, ada)
      await runOperation(userCreate, context, { email: "o'hara@example.com", name: 'Scarlett 100%_"\\' })
      const theirs = await anotherRealm(services)
      const foreign = services.contextFor({ realm: theirs })
      await runOperation(userCreate, foreign, { email: 'other@lovelace.example', name: 'Ada Lovelace' })
      await assertFound()
      assert.deepEqual((await find(id)).emails, [ada.email])
      assert.deepEqual((await find(id.slice(-12))).emails, [ada.email])
      assert.deepEqual((await find('yt')).emails, [ada.email])

      const row = await services.database.read.kysely
        .selectFrom('user')
        .selectAll()
        .where('id', '=', id)
        .executeTakeFirstOrThrow()
      await services.database.write(async ({ kysely }) => {
        const rows = Array.from({ length: CROWD }, (_, at) => ({
          ...row,
          ...{ id: services.random.id(), email: `crowd-${at}@example.com`, email_key: `crowd-${at}@example.com` },
          ...{ email_lookalike: null, username: null, username_key: null, name: null, name_key: null, version: 1 },
        }))
        for (let from = 0; from < CROWD; from += 500) {
          await kysely
            .insertInto('user')
            .values(rows.slice(from, from + 500))
            .execute()
        }
      })
      await assertFound()
      assert.deepEqual((await find(id)).emails, [ada.email])
      assert.deepEqual((await find(id.slice(0, 23))).emails.includes(ada.email), true)
      const page = await find('rowd-59', { offset: 100, limit: 10 })
      assert.deepEqual([page.emails.length, page.count], [10, { value: 111 }])
      const dense = await find('rowd-', { offset: CROWD - 3, limit: 10 })
      assert.deepEqual(
        [dense.emails, dense.count],
        [[-3, -2, -1].map((last) => `crowd-${CROWD + last}@example.com`), { value: CROWD }],
      )
      assert.deepEqual((await find('rowd-', { status: 'suspended' })).count, { value: 0 })

      await runOperation(userUpdate, context, { id, name: 'Augusta King', username: null })
      assert.deepEqual((await find('gusta ki')).emails, [ada.email])
      assert.deepEqual((await find('da Love')).emails, [])
      await runOperation(userDelete, context, { id })
      assert.deepEqual((await find('lovelace')).emails, [])
    })

    if (dialect === 'postgres') {
      test('without pg_trgm, a large directory is searched by the beginnings of names', async () => {
        await services.database.write(({ kysely }) => sql`drop extension pg_trgm cascade`.execute(kysely))
        assert.deepEqual((await find('rowd-59')).emails, [])
        assert.deepEqual((await find('crowd-5999')).emails, ['crowd-5999@example.com'])
      })
    }
  })
}
