// Changes the master key of a server that has all kinds of secrets, kills it in the middle, and goes on.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { createCrypto } from '#outside/crypto.ts'
import { DIALECTS, plainAppend, storeForTests } from '#testing/databases.ts'
import { exchange, getCode, makeClient, makePerson, refresh } from '#testing/realm.ts'
import { startServer, type TestServer } from '#testing/server.ts'
import type { ResealResult } from './reseal.ts'

/** Enough that a change takes about a second. */
const MANY = 4000
const PART = 1000

const keyText = () => randomBytes(32).toString('base64')

function reseal(server: TestServer, body: object = {}) {
  return server.api<ResealResult>('POST', '/v1/keys/reseal', body)
}

const resealedBy = ({ columns }: ResealResult) => columns.reduce((sum, { resealed }) => sum + resealed, 0)

for (const dialect of DIALECTS) {
  test(`a master key is changed on ${dialect}, also when the server is killed meanwhile`, async (t) => {
    const dataDir = mkdtempSync(join(tmpdir(), 'countersign-reseal-'))
    const store = await storeForTests(dialect)
    let server: TestServer | undefined
    t.after(async () => {
      server?.process.kill('SIGKILL')
      await store.close()
      rmSync(dataDir, { recursive: true, force: true })
    })
    const [first, second, third] = [keyText(), keyText(), keyText()]
    const start = (key: string, old = '') =>
      startServer({
        dataDir,
        env: {
          COUNTERSIGN_DATABASE_URL: dialect === 'sqlite' ? `sqlite:${store.url}` : store.url,
          COUNTERSIGN_MASTER_KEY: key,
          ...(old && { COUNTERSIGN_MASTER_KEY_OLD: old }),
        },
      })

    server = await start(first)
    const person = await makePerson(server, 'ada@example.com')
    const client = await makeClient(server)
    const tokens = await exchange(server, client, await getCode(server, client, person))
    const refreshToken = (tokens.body as { refresh_token: string }).refresh_token
    await server.api('POST', '/v1/webhooks', { url: 'https://example.com/hook', events: ['user.created'] })
    await server.api('POST', '/v1/realms/default/clients', {
      label: 'HMAC',
      grant_types: ['client_credentials'],
      auth_method: 'client_secret_jwt',
    })
    await server.stop()

    const crypto = createCrypto({ masterKey: Buffer.from(first, 'base64') })
    const database = await store.open({ append: plainAppend })
    const row = (at: number) => ({
      actor_id: 'test',
      key: String(at),
      fingerprint: '',
      reply: crypto.seal('idempotent-reply', JSON.stringify({ status: 200, at })),
      created_at: Date.now(),
    })
    for (let at = 0; at < MANY; at += PART) {
      const values = Array.from({ length: PART }, (_, more) => row(at + more))
      await database.write(({ kysely }) => kysely.insertInto('idempotency_key').values(values).execute())
    }
    await database.close()

    await assert.rejects(start(second), /master key is not the one/)
    server = await start(second, first)
    assert.match(server.output(), /master_key_old is set/)
    const planned = await reseal(server, { dry_run: true })
    assert.equal(planned.complete, false)
    assert.ok(resealedBy(planned) > MANY, JSON.stringify(planned))
    const broken = reseal(server).catch(() => undefined)
    await pause(100)
    await server.kill()
    await broken

    server = await start(second, first)
    const left = resealedBy(await reseal(server, { dry_run: true }))
    assert.ok(left > 0 && left < resealedBy(planned), `${left} of ${resealedBy(planned)} are left`)
    const done = await reseal(server)
    assert.deepEqual([done.complete, done.notices, resealedBy(done)], [true, [], left])
    assert.equal(resealedBy(await reseal(server)), 0)
    await server.stop()

    server = await start(second)
    const renewed = await refresh(server, client, refreshToken)
    assert.equal(renewed.status, 200, 'refresh tokens stay what they are')
    const { status } = await exchange(server, client, await getCode(server, client, person))
    assert.equal(status, 200)
    const verified = await server.api<{ ok: boolean }>('POST', '/v1/events/verify', {})
    assert.equal(verified.ok, true)
    await server.stop()

    server = await start(third, second)
    assert.equal((await reseal(server)).complete, true)
    await server.stop()
    server = await start(third)
    assert.equal((await server.api<{ ok: boolean }>('POST', '/v1/events/verify', {})).ok, true)
    await server.stop()
  })
}
