// Measures the status list of a million tokens: what an index costs, how long the list takes, and how long it is.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { idToBytes } from '#database/token-log/bytes.ts'
import type { Context } from '#domain/context.ts'
import { issuerOf } from '#domain/realm/realm.ts'
import { DIALECTS } from '#testing/databases.ts'
import { openTestServices, type TestServices } from '#testing/services.ts'
import { publishedList } from './published-list.ts'
import { listNamed, newTokenId } from './token-status.ts'

const TOKENS = 1_000_000
/** One token in so many is revoked. */
const REVOKED_EACH = 100
/** Revoked tokens of other lists of the same time. */
const OTHERS = 50_000
const ROWS_PER_INSERT = 2_000
/** Milliseconds, with other programs on the same machine. */
const SLOWEST = 1_000
const LONGEST = 40_000

for (const dialect of DIALECTS) {
  describe(`a status list of ${TOKENS} tokens on ${dialect}`, () => {
    let services: TestServices
    let context: Context
    before(async () => {
      services = await openTestServices({ database: dialect, now: Date.now() })
      context = services.contextFor()
    })
    after(() => services.close())

    const revoke = (ids: readonly string[]) =>
      services.database.write(async ({ kysely }) => {
        for (let at = 0; at < ids.length; at += ROWS_PER_INSERT) {
          const rows = ids.slice(at, at + ROWS_PER_INSERT)
          const values = rows.map((id) => ({ id: idToBytes(id), revoked_at: services.clock.now() }))
          await kysely.insertInto('revoked_token').values(values).execute()
        }
      })

    test('each token has an index of its own, and the list is read, compressed and signed in little time', async (t) => {
      const realm = { ...services.realm, policy: { ...services.realm.policy, statusList: true } }
      const issuer = issuerOf(realm, services.registry.settings)
      const started = performance.now()
      const ids = Array.from({ length: TOKENS }, () => newTokenId(context, realm, issuer))
      const each = ((performance.now() - started) / TOKENS) * 1000
      const [first] = ids
      const uri = first?.claims.status?.status_list.uri ?? ''
      assert.ok(ids.every(({ claims }) => claims.status?.status_list.uri === uri))
      const indexes = ids.map(({ claims }) => claims.status?.status_list.idx ?? -1)
      assert.equal(new Set(indexes).size, TOKENS)
      const list = listNamed(context, realm, uri.split('/').at(-1) ?? '')
      assert.ok(list)

      const read = async () => {
        services.clock.advance(1_000)
        const begun = performance.now()
        const { token, etag } = await publishedList(context, list, uri)
        const took = performance.now() - begun
        assert.ok(took < SLOWEST, `${took} ms`)
        return { etag, bytes: token.length, took: `${took.toFixed(1)} ms` }
      }
      const empty = await read()
      await revoke(Array.from({ length: OTHERS }, () => context.random.id()))
      await revoke(ids.filter((_, at) => at % REVOKED_EACH === 0).map(({ jti }) => jti))
      const full = await read()
      const same = await read()
      await revoke(
        ids
          .filter((_, at) => at % REVOKED_EACH === 1)
          .slice(0, 10)
          .map(({ jti }) => jti),
      )
      const more = await read()
      assert.equal(same.etag, full.etag)
      assert.notEqual(more.etag, full.etag)
      assert.ok(full.bytes < LONGEST, `${full.bytes} bytes`)
      t.diagnostic(`an index: ${each.toFixed(2)} µs; nothing revoked: ${empty.bytes} bytes, ${empty.took}`)
      t.diagnostic(`${TOKENS / REVOKED_EACH} revoked at once: ${full.bytes} bytes, ${full.took}`)
      t.diagnostic(`unchanged: ${same.took}; ten more: ${more.took}`)
    })
  })
}
