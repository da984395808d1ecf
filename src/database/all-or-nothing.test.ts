// Makes each statement of a write fail and checks that nothing of it is stored.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { Failure } from '#kernel/error.ts'
import { DIALECTS, plainAppend, storeForTests, type TestStore } from '#testing/databases.ts'
import { type FailingDatabase, failingDatabase } from '#testing/failing-database.ts'
import { eventDraft, issuanceDraft, partnerRow } from '#testing/rows.ts'
import type { WriteConnection } from './database.ts'
import { prepared } from './prepared.ts'

const unavailable = (error: unknown) => error instanceof Failure && error.code === 'temporarily_unavailable'
const rename = prepared<{ id: string; name: string }, never>(
  'test_partner_rename',
  (kysely, value) =>
    kysely
      .updateTable('partner')
      .set({ name: value('name') })
      .where('id', '=', value('id')) as never,
)

for (const dialect of DIALECTS) {
  describe(`all or nothing on ${dialect}`, () => {
    let store: TestStore
    let failing: FailingDatabase
    before(async () => {
      store = await storeForTests(dialect)
      failing = await failingDatabase((append) => store.open({ append }), plainAppend)
    })
    after(() => store.close())

    /** How many rows of each kind a tenant id has led to. */
    async function traces(id: string): Promise<number[]> {
      const { kysely } = failing.database.read
      const counts = await Promise.all([
        kysely.selectFrom('partner').select('id').where('id', '=', id).where('name', '=', 'renamed').execute(),
        kysely.selectFrom('partner').select('id').where('id', '=', id).execute(),
        kysely.selectFrom('event').select('id').where('tenant_id', '=', id).execute(),
        kysely.selectFrom('event_head').select('seq').where('tenant_id', '=', id).execute(),
        kysely
          .selectFrom('issued_token')
          .innerJoin('token_profile', 'token_profile.id', 'issued_token.profile')
          .select('issued_token.id')
          .where('tenant_id', '=', id)
          .execute(),
      ])
      return counts.map((rows) => rows.length)
    }

    const everything = (id: string) => async (connection: WriteConnection) => {
      connection.appendEvent(eventDraft({ tenant_id: id }))
      await connection.kysely.insertInto('partner').values(partnerRow({ id })).execute()
      await connection.run(rename, { id, name: 'renamed' })
      connection.appendToken(issuanceDraft({ tenant_id: id }))
    }

    test('whichever statement fails, nothing of the write is there, and the next one is whole', async () => {
      let statement = 1
      for (; ; statement++) {
        const id = randomUUID()
        failing.fail({ statement })
        const outcome = await failing.database.write(everything(id)).then(
          () => undefined,
          (error) => error,
        )
        if (!failing.happened()) break
        assert(unavailable(outcome), `statement ${statement}: ${outcome}`)
        assert.deepEqual(await traces(id), [0, 0, 0, 0, 0], `statement ${statement}`)
      }
      // The work's two, the event's two, and the token's: profile, row, link and, on SQLite, partition.
      assert.equal(statement - 1, dialect === 'sqlite' ? 8 : 7, 'every statement was made to fail')
      failing.fail(undefined)
      const id = randomUUID()
      await failing.database.write(everything(id))
      assert.deepEqual(await traces(id), [1, 1, 1, 1, 1])
    })

    test('a commit that fails leaves nothing of any write it was for', async () => {
      for (const shape of ['queries', 'appends']) {
        const ids = [randomUUID(), randomUUID()]
        let told = 0
        const end = failing.database.onCommit(() => {
          told += 1
        })
        failing.fail({ commit: 1 })
        const outcomes = await Promise.allSettled(
          (dialect === 'sqlite' || shape === 'appends' ? ids : ids.slice(0, 1)).map((id) =>
            failing.database.write((connection) => {
              if (shape === 'queries') return everything(id)(connection)
              connection.appendEvent(eventDraft({ tenant_id: id }))
              connection.appendToken(issuanceDraft({ tenant_id: id }))
            }),
          ),
        )
        end()
        assert(failing.happened(), shape)
        for (const outcome of outcomes) assert(outcome.status === 'rejected' && unavailable(outcome.reason), shape)
        for (const id of ids) assert.deepEqual(await traces(id), [0, 0, 0, 0, 0], shape)
        assert.equal(told, 0, 'nobody hears of what was not committed')
      }
    })

    test('a work that was in another’s way is run again, and stands once', async () => {
      const id = randomUUID()
      let runs = 0
      failing.fail({ again: 1 })
      await failing.database.write(async (connection) => {
        runs += 1
        await everything(id)(connection)
      })
      assert.equal(runs, 2)
      assert.deepEqual(await traces(id), [1, 1, 1, 1, 1])
    })

    test('a statement that fails inside one write leaves its otherTenants whole', async () => {
      const ids = Array.from({ length: 5 }, () => randomUUID())
      failing.fail({ statement: 4 })
      const outcomes = await Promise.allSettled(ids.map((id) => failing.database.write(everything(id))))
      assert(failing.happened())
      assert.deepEqual(outcomes.map((outcome) => outcome.status).sort(), [...Array(4).fill('fulfilled'), 'rejected'])
      for (const [index, id] of ids.entries()) {
        const expected = outcomes[index]?.status === 'fulfilled' ? [1, 1, 1, 1, 1] : [0, 0, 0, 0, 0]
        assert.deepEqual(await traces(id), expected)
      }
    })
  })
}
