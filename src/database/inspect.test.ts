// Checks how a database is examined without opening it.
import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { DIALECTS, storeForTests } from '#testing/databases.ts'
import { type DatabasePlace, inspectDatabase } from './inspect.ts'
import { MIGRATIONS } from './migrations/timeline.ts'

function placeOf(url: string): DatabasePlace {
  return url.startsWith('postgres') ? { dialect: 'postgres', url } : { dialect: 'sqlite', path: url }
}

for (const dialect of DIALECTS) {
  test(`${dialect}: an empty place, one in use and one that is left`, async (t) => {
    const store = await storeForTests(dialect)
    t.after(() => store.close())
    const place = placeOf(store.url)
    const empty = await inspectDatabase(place)
    assert.deepEqual([empty.made, empty.missing, empty.unknown], [false, [...MIGRATIONS], []])

    const database = await store.open()
    const used = await inspectDatabase(place)
    assert.deepEqual([used.made, used.missing, used.unknown], [true, [], []])
    assert.equal(used.inUse, dialect === 'sqlite' ? true : undefined)
    await database.ping()

    await database.close()
    const left = await inspectDatabase(place)
    assert.deepEqual([left.made, left.inUse], [true, dialect === 'sqlite' ? false : undefined])
  })
}

test('a probe leaves the lock to the server', async (t) => {
  const store = await storeForTests('sqlite')
  t.after(() => store.close())
  const first = await store.open()
  await first.close()
  await inspectDatabase(placeOf(store.url))
  await store.open()
})

test('nothing is made where nothing is', async (t) => {
  const store = await storeForTests('sqlite')
  t.after(() => store.close())
  await inspectDatabase(placeOf(store.url))
  assert.throws(() => statSync(store.url), { code: 'ENOENT' })
  assert.throws(() => statSync(`${store.url}.lock`), { code: 'ENOENT' })
})

test('migrations of another version are named', async (t) => {
  const store = await storeForTests('sqlite')
  t.after(() => store.close())
  await (await store.open()).close()
  const other = new DatabaseSync(store.url)
  other.exec("insert into kysely_migration values ('9999-later', '')")
  other.exec(`delete from kysely_migration where name = '${MIGRATIONS[0]}'`)
  other.close()
  const found = await inspectDatabase(placeOf(store.url))
  assert.deepEqual([found.unknown, found.missing], [['9999-later'], [MIGRATIONS[0]]])
})
