// Checks the ownership and the durability of a SQLite file.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { plainAppend } from '#testing/databases.ts'
import { openDatabase } from './open.ts'
import { openSqlite } from './sqlite.ts'

/** Another process that opens a file and writes rows, one after another, naming each one it was told is written. */
const WRITER = `
  const { openSqlite } = await import('#database/sqlite.ts')
  const { plainAppend } = await import('#testing/databases.ts')
  const database = await openSqlite({ path: process.argv[1], append: plainAppend })
  await database.migrate()
  for (let row = 0; ; row++) {
    const name = String(row)
    await database.write(async ({ kysely }) => {
      await kysely.insertInto('setting').values({ name, value: 'written' }).execute()
    })
    process.stdout.write(name + '\\n')
  }
`

describe('a SQLite file', () => {
  let directory: string
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'countersign-sqlite-'))
  })
  after(() => rmSync(directory, { recursive: true }))
  const open = (path: string) => openSqlite({ path, append: plainAppend })

  test('belongs to one process, is let go by kill -9, and holds every answered write then', async () => {
    const path = join(directory, 'shared.db')
    const writer = spawn(process.execPath, ['--input-type=module', '-e', WRITER, path], {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let told = ''
    writer.stdout.on('data', (chunk) => {
      told += chunk
    })
    await once(writer.stdout, 'data')
    await assert.rejects(open(path), /shared\.db is in use by another process.*PostgreSQL/)
    symlinkSync(path, join(directory, 'alias.db'))
    await assert.rejects(open(join(directory, 'alias.db')), /in use by another process/)
    writer.kill('SIGKILL')
    await once(writer, 'close')
    const database = await open(path)
    const rows = await database.read.kysely.selectFrom('setting').select('name').execute()
    const names = new Set(rows.map((row) => row.name))
    const answered = told.trim().split('\n')
    assert(answered.length > 0)
    assert.deepEqual(
      answered.filter((name) => !names.has(name)),
      [],
    )
    await database.close()
  })

  test('who was told of a write reads it, whatever else was read in that turn', async () => {
    const database = await open(join(directory, 'view.db'))
    await database.migrate()
    const names = async () => {
      const rows = await database.read.kysely.selectFrom('setting').select('name').execute()
      return rows.map(({ name }) => name)
    }
    const heard: string[][] = []
    database.onCommit(() => void names().then((seen) => heard.push(seen)))
    for (let round = 0; round < 50; round++) {
      const name = `name ${round}`
      const before = names()
      const written = database.write(({ kysely }) => kysely.insertInto('setting').values({ name, value: '' }).execute())
      const meanwhile = names()
      await written
      assert.ok((await names()).includes(name))
      assert.ok(!(await before).includes(name))
      assert.ok(!(await meanwhile).includes(name), 'begun before the write was')
    }
    assert.deepEqual(
      heard.map((seen) => seen.length),
      Array.from({ length: 50 }, (_, round) => round + 1),
    )
    await database.close()
  })

  test('is its owner’s only, and so is all that lies beside it', async () => {
    const path = join(directory, 'deep', 'er', 'private.db')
    const database = await open(path)
    await database.migrate()
    for (const suffix of ['', '-wal', '-shm', '.lock']) {
      assert.equal((statSync(path + suffix).mode & 0o777).toString(8), '600', suffix)
    }
    await database.close()
  })

  test('that cannot be used is refused with a sentence that says why', async () => {
    const text = join(directory, 'text.db')
    writeFileSync(text, 'this is no database, but it is long enough to be mistaken for one'.repeat(20))
    await assert.rejects(open(text), /text\.db cannot be used: .*not a database/)
    await assert.rejects(open(join(text, 'below.db')), /cannot be opened or created/)
    await assert.rejects(open(':memory:'), /must be a file/)
    await assert.rejects(async () => openDatabase('mysql://host/db', { append: plainAppend }), /starts with mysql:/)
  })

  test('that a newer version has made is left alone', async () => {
    const path = join(directory, 'newer.db')
    const database = await open(path)
    await database.migrate()
    await database.write(async ({ kysely }) => {
      const later = { name: '9999-later', timestamp: '2099-01-01T00:00:00.000Z' }
      await kysely
        .insertInto('kysely_migration' as never)
        .values(later as never)
        .execute()
    })
    await assert.rejects(database.migrate(), /newer than this one/)
    await database.close()
  })

  test('is found by every form of its URL', async () => {
    const path = join(directory, 'url.db')
    for (const url of [path, `file:${path}`, `file://${path}`, `sqlite:${path}`, `sqlite://${path}`]) {
      const database = await openDatabase(url, { append: plainAppend, synchronous: 'normal' })
      await assert.rejects(open(path), /in use/, url)
      await database.close()
    }
  })
})
