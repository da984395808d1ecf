// Checks that the spellings of one name lead to one account.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { sql } from 'kysely'
import { POSTGRES, SQLITE } from '#database/dialect.ts'
import { identityText } from '#database/migrations/0027-identity-text.ts'
import { DIALECTS } from '#testing/databases.ts'
import { failure, runOperation } from '#testing/run-operation.ts'
import { openTestServices, type TestServices } from '#testing/services.ts'
import { markedNames } from '../directory/marked-name.store.ts'
import { groupCreate, groupUpdate } from '../group/group.operations.ts'
import { invitationCreate } from '../organization/invitation.operations.ts'
import { organizationCreate } from '../organization/organization.operations.ts'
import { roleCreate, roleUpdate } from '../role/role.operations.ts'
import { userCreate, userGet, userList, userUpdate } from './user.operations.ts'
import { verifyPassword } from './user.service.ts'

const PASSWORD = 'a long enough password'
const UMLAUT = 'max@müller.example'
const PUNYCODE = 'MAX@xn--mller-kva.example'
/** With a Cyrillic a. */
const LOOKS_LIKE_ANN = '\u0430nn@example.com'
const taken = failure('already_exists')

for (const dialect of DIALECTS) {
  describe(`names on ${dialect}`, () => {
    let services: TestServices
    before(async () => {
      services = await openTestServices({ database: dialect })
    })
    after(() => services.close())

    test('an address and its punycode form are one account, one sign-in, one search and one invitation', async () => {
      const context = services.contextFor()
      const { id, email } = await runOperation(userCreate, context, { email: UMLAUT, password: PASSWORD })
      assert.equal(email, UMLAUT)
      await assert.rejects(runOperation(userCreate, context, { email: PUNYCODE }), taken)
      const bob = await runOperation(userCreate, context, { email: 'bob@example.com' })
      await assert.rejects(runOperation(userUpdate, context, { id: bob.id, email: PUNYCODE }), taken)
      for (const typed of [UMLAUT, PUNYCODE, '\uff4dax@m\u00fcller\u3002example']) {
        const verified = await verifyPassword(context, services.realm.directoryId, { email: typed, password: PASSWORD })
        assert.equal(verified?.user.id, id, typed)
        const { data } = await runOperation(userList, context, { search: typed })
        assert.deepEqual(
          data.map((user) => user.id),
          [id],
          typed,
        )
      }
      const { id: place } = await runOperation(organizationCreate, context, { name: 'Acme', slug: `a${dialect}` })
      await runOperation(invitationCreate, context, { id: place, email: 'eva@müller.example', mail: false })
      const again = runOperation(invitationCreate, context, {
        id: place,
        email: 'eva@xn--mller-kva.example',
        mail: false,
      })
      await assert.rejects(again, taken)
    })

    test('UN-02 an account that looks like another one is refused, also by two requests at once', async () => {
      const context = services.contextFor()
      await runOperation(userCreate, context, { email: 'ann@example.com' })
      await assert.rejects(runOperation(userCreate, context, { email: LOOKS_LIKE_ANN }), taken)
      const eve = await runOperation(userCreate, context, { email: 'eve@example.com', username: 'root' })
      await assert.rejects(runOperation(userUpdate, context, { id: eve.id, email: LOOKS_LIKE_ANN }), taken)
      await assert.rejects(runOperation(userCreate, context, { email: 'f@example.com', username: 'r\u043eot' }), taken)
      // Who is called by an address is whoever gets its mail.
      await assert.rejects(runOperation(userUpdate, context, { id: eve.id, username: 'Ann@Example.com' }), taken)
      await runOperation(userUpdate, context, { id: eve.id, username: 'boss@corp.example' })
      await assert.rejects(runOperation(userCreate, context, { email: 'boss@corp.example' }), taken)
      const pair = ['\u0440at@example.com', 'pat@example.com', 'PAT@example.com', 'p\u0430t@example.com']
      const outcomes = await Promise.allSettled(pair.map((email) => runOperation(userCreate, context, { email })))
      for (const outcome of outcomes) if (outcome.status === 'rejected') taken(outcome.reason)
      assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
    })

    test('groups and roles have names that nobody can write another way', async () => {
      const context = services.contextFor()
      type Fields = { readonly id?: string; readonly name: string }
      const kinds = [
        [
          (fields: Fields) => runOperation(groupCreate, context, fields),
          (fields: Fields) => runOperation(groupUpdate, context, fields),
        ],
        [
          (fields: Fields) => runOperation(roleCreate, context, fields),
          (fields: Fields) => runOperation(roleUpdate, context, fields),
        ],
      ] as const
      for (const [create, update] of kinds) {
        const { id } = await create({ name: 'Admin' })
        for (const name of ['ADMIN', '\uff21dmin', '\u0410dmin', 'adm\u0456n']) {
          await assert.rejects(create({ name }), taken, name)
        }
        for (const name of ['Ad\u200bmin', 'Admin\u3164', '=?utf-8?q?admin?=']) {
          await assert.rejects(create({ name }), failure('invalid_input'), name)
        }
        const other = await create({ name: 'Other' })
        await assert.rejects(update({ id: other.id, name: 'aDMIN' }), taken)
        assert.equal((await update({ id, name: 'ADMIN' })).name, 'ADMIN')
      }
    })

    test('an upgrade keeps what had one name before, tells of it, and lets it be renamed', async () => {
      const { database } = services
      const context = services.contextFor()
      const made = []
      for (const email of ['ida@a.example', 'ida@b.example', 'ida@c.example']) {
        made.push(await runOperation(userCreate, context, { email, password: PASSWORD }))
      }
      const [old, young, seen] = made
      assert.ok(old && young && seen)
      const roles = [
        await runOperation(roleCreate, context, { name: 'Keeper' }),
        await runOperation(roleCreate, context, { name: 'Warden' }),
      ]
      // The triggers came later, and read a column that goes.
      const triggers = dialect === 'sqlite' ? ['insert', 'update', 'delete'] : []
      await database.write(async ({ kysely }) => {
        for (const name of triggers) await sql`drop trigger ${sql.ref(`user_search_${name}`)}`.execute(kysely)
      })
      await database.write(async ({ kysely }) => {
        for (const index of [
          'user_email_seen',
          'user_sign_in_name',
          'group_name_seen',
          'role_name_seen',
          'role_name_key',
        ]) {
          await sql`drop index ${sql.ref(index)}`.execute(kysely)
        }
        const columns = [
          'user.email_lookalike',
          'user.username_lookalike',
          'group.name_lookalike',
          'role.name_key',
          'role.name_lookalike',
        ]
        for (const [table = '', column = ''] of columns.map((name) => name.split('.'))) {
          await sql`alter table ${sql.table(table)} drop column ${sql.ref(column)}`.execute(kysely)
        }
        await sql`drop table marked_name`.execute(kysely)
        await sql`create unique index role_realm_id_name on role (realm_id, name) where deleted_at is null`.execute(
          kysely,
        )
        await sql`create unique index user_sign_in_name on "user" (directory_id, coalesce(username_key, email_key)) where deleted_at is null`.execute(
          kysely,
        )
        const renamed = [
          [old.id, 'ida@böhm.example'],
          [young.id, 'ida@xn--bhm-sna.example'],
          [seen.id, 'id\u0430@böhm.example'],
        ] as const
        for (const [id, email] of renamed) {
          await kysely.updateTable('user').set({ email, email_key: email }).where('id', '=', id).execute()
        }
        for (const [at, name] of ['Keeper', 'KEEPER'].entries()) {
          await sql`update role set name = ${name} where id = ${roles[at]?.id ?? ''}`.execute(kysely)
        }
        await identityText(dialect === 'sqlite' ? SQLITE : POSTGRES).up(kysely)
      })
      const told = async () => (await markedNames(database.read, 10)).map(({ id, keptId }) => [id, keptId])
      assert.deepEqual(await told(), [
        [young.id, old.id],
        [seen.id, old.id],
        [roles[1]?.id, roles[0]?.id],
      ])
      const signIn = (email: string) =>
        verifyPassword(context, services.realm.directoryId, { email, password: PASSWORD })
      assert.equal((await signIn('ida@xn--bhm-sna.example'))?.user.id, old.id)
      assert.equal((await signIn('id\u0430@böhm.example'))?.user.id, seen.id)
      // What has the name of another one can be changed as before, all but into a third.
      assert.equal((await runOperation(userUpdate, context, { id: young.id, title: 'Dr' })).title, 'Dr')
      assert.equal((await runOperation(roleUpdate, context, { id: roles[1]?.id, description: 'x' })).name, 'KEEPER')
      await assert.rejects(runOperation(userCreate, context, { email: 'ida@BÖHM.example' }), taken)
      assert.equal((await told()).length, 3)
      await runOperation(userUpdate, context, { id: young.id, email: 'ida2@böhm.example' })
      await runOperation(roleUpdate, context, { id: roles[1]?.id, name: 'Second keeper' })
      assert.deepEqual(await told(), [[seen.id, old.id]])
      assert.equal((await runOperation(userGet, context, { id: young.id })).email, 'ida2@böhm.example')
    })
  })
}
