// Checks commits, groups of writes and faults of the SQLite writer.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { DatabaseSync } from 'node:sqlite'
import { beforeEach, describe, test } from 'node:test'
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises'
import { Failure } from '#kernel/error.ts'
import { type Connection, unmeasured, type WriteConnection } from './database.ts'
import { SqliteConnection, sqliteQueries } from './sqlite-connection.ts'
import { SqliteWriter, type WriterOptions } from './sqlite-writer.ts'

const insideOf = (connection: SqliteConnection): Connection => ({
  remote: false,
  kysely: sqliteQueries((consumer) => consumer(connection)),
  run: async (statement, values) => connection.runPrepared(statement, values),
})

const unavailable = (error: unknown) => error instanceof Failure && error.code === 'temporarily_unavailable'

describe('the writer of a SQLite file', () => {
  let connection: SqliteConnection
  let writer: SqliteWriter
  let syncs: PromiseWithResolvers<void>[]
  let told: number
  let options: WriterOptions
  beforeEach(() => {
    connection = new SqliteConnection(new DatabaseSync(':memory:'))
    connection.database.exec('create table setting (name text primary key, value text not null)')
    syncs = []
    told = 0
    options = {
      connection,
      inside: insideOf(connection),
      append: async () => ({ events: [], tokens: [] }),
      onWait: unmeasured,
      patience: 1000,
      sync: () => {
        const sync = Promise.withResolvers<void>()
        syncs.push(sync)
        return sync.promise
      },
      committing: () => {},
      committed: () => {
        told += 1
      },
      troubled: () => {},
      report: () => {},
    }
    writer = new SqliteWriter(options)
  })

  const insert = (name: string) => async (unit: WriteConnection) => {
    await unit.kysely.insertInto('setting').values({ name, value: '' }).execute()
    return name
  }
  const count = () => connection.database.prepare('select count(*) as rows from setting').get()?.rows
  const turns = async () => {
    for (let times = 0; times < 3; times++) await turn()
  }

  test('answers once the disk has what was committed, and writes what came meanwhile after that', async () => {
    const answers: string[] = []
    const answer = (name: string) => void answers.push(name)
    const first = writer.write(insert('first')).then(answer)
    await turns()
    const others = ['second', 'third'].map((name) => writer.write(insert(name)).then(answer))
    await turns()
    assert.deepEqual({ answers, told, syncs: syncs.length, rows: count() }, { answers: [], told: 0, syncs: 1, rows: 1 })
    syncs[0]?.resolve()
    await first
    await turns()
    assert.deepEqual(
      { answers, told, syncs: syncs.length, rows: count() },
      { answers: ['first'], told: 1, syncs: 2, rows: 3 },
    )
    const closed = writer.close()
    syncs[1]?.resolve()
    await Promise.all([...others, closed])
    assert.deepEqual({ answers, told }, { answers: ['first', 'second', 'third'], told: 2 })
  })

  test('KM-06 says nothing is written, and writes no more, once the disk has failed', async () => {
    const first = assert.rejects(writer.write(insert('first')), unavailable)
    await turns()
    const second = assert.rejects(writer.write(insert('second')), unavailable)
    await turns()
    syncs[0]?.reject(new Error('EIO'))
    await Promise.all([first, second])
    assert.deepEqual({ told, syncs: syncs.length, rows: count() }, { told: 0, syncs: 1, rows: 1 })
    await assert.rejects(writer.write(insert('third')), unavailable)
    await writer.close()
  })

  test('waits for the lock of another program as long as each write may wait, without blocking the thread', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'countersign-lock-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const path = join(folder, 'a.db')
    const other = new DatabaseSync(path)
    other.exec('pragma journal_mode = wal; create table setting (name text primary key, value text not null)')
    const failed: unknown[] = []
    connection = new SqliteConnection(new DatabaseSync(path, { timeout: 0 }))
    writer = new SqliteWriter({
      ...options,
      connection,
      inside: insideOf(connection),
      patience: 150,
      sync: undefined,
      report: (error) => failed.push(error),
    })
    other.exec('begin immediate')
    const late = assert.rejects(writer.write(insert('late')), unavailable)
    const before = performance.eventLoopUtilization()
    const start = performance.now()
    await pause(100)
    const inTime = writer.write(insert('in time'))
    await late
    assert.ok(performance.now() - start >= 150)
    assert.ok(performance.eventLoopUtilization(before).utilization < 0.5)
    other.exec('rollback')
    assert.equal(await inTime, 'in time')
    assert.deepEqual({ rows: count(), failed }, { rows: 1, failed: [] })
    await writer.close()
  })

  test('takes what one turn of the event loop brought in one transaction', async () => {
    const names = Array.from({ length: 40 }, (_, index) => String(index))
    const writes = names.map((name) => writer.write(insert(name)))
    await turns()
    assert.equal(syncs.length, 1)
    syncs[0]?.resolve()
    assert.deepEqual(await Promise.all(writes), names)
    assert.equal(told, 1)
  })
})
