// Measures the revocation of a token with ten thousand below it, among three million others.
import assert from 'node:assert/strict'
import { after, before, describe, type TestContext, test } from 'node:test'
import { sql } from 'kysely'
import type { Context } from '#domain/context.ts'
import { issuanceRevoke } from '#domain/issuance/issuance.operations.ts'
import { DIALECTS } from '#testing/databases.ts'
import { callOperation } from '#testing/domain-fixtures.ts'
import { openTestServices, type TestServices } from '#testing/services.ts'
import { tokenBurst } from '#testing/token-burst.ts'

const ROWS = 3_000_000
const ROWS_PER_WRITE = 100_000
const CLIENTS = 100
const DESCENDANTS = 10_000
const PER_WRITE = 500
/** Milliseconds that a revocation may take, with other programs on the same machine. */
const SLOWEST = 5000
/** For so long tokens are issued, with and without a revocation in between. */
const WINDOW = 4000

/** The place of the token above a token, among all that are made; -1 for the one that is revoked. */
const SHAPES: Readonly<Record<string, (index: number) => number>> = {
  'all below one': () => -1,
  'three below each': (index) => (index < 3 ? -1 : Math.floor(index / 3) - 1),
  'one below the other': (index) => index - 1,
}

for (const dialect of DIALECTS) {
  describe(`revocation among ${ROWS} tokens on ${dialect}`, () => {
    let services: TestServices
    let context: Context
    before(async () => {
      services = await openTestServices({ database: dialect, now: Date.now() })
      context = services.contextFor()
      const clients = Array.from({ length: CLIENTS }, () => services.random.id())
      await tokenBurst(
        context,
        clients.map((clientId) => ({ clientId, userId: null, audience: 'https://api.example.com' })),
      )
      for (let done = 0; done < ROWS; done += ROWS_PER_WRITE) await fill(done)
      if (dialect === 'postgres') {
        await services.database.write(async ({ kysely }) => void (await sql`analyze issued_token`.execute(kysely)))
      }
    })
    after(() => services.close())

    /** Copies tokens of the clients; every third one has a token above it. */
    async function fill(done: number): Promise<void> {
      const time = services.clock.now() - 1000
      const columns = sql.raw('id, profile, seq, hash, delay, expires_at, user_id, parent_id, part')
      const number = sql.raw(String(done))
      const end = sql.raw(String(done + ROWS_PER_WRITE))
      await services.database.write(async ({ kysely }) => {
        const lite = sql`with recursive n (i) as (select ${number} union all select i + 1 from n where i + 1 < ${end})
          insert into issued_token (${columns}) select
          unhex(printf('%012x7', ${sql.lit(time)} - ${sql.lit(ROWS)} / 100 + i / 100) || substr(hex(randomblob(10)), 2)),
          profile, i + 1000000, hash, delay, expires_at, iif(i % 2, randomblob(16), null),
          iif(i % 3, null, randomblob(16)), part
          from n join (select row_number() over () - 1 as place, * from (select * from issued_token order by seq limit ${CLIENTS}))
            on place = i % ${sql.lit(CLIENTS)}`
        const post = sql`insert into issued_token (${columns}) select
          decode(lpad(to_hex(${sql.lit(time)} - ${sql.lit(ROWS)} / 100 + i / 100), 12, '0') || '7' || substr(md5(random()::text || i), 1, 19), 'hex'),
          profile, i + 1000000, hash, delay, expires_at,
          case when i % 2 = 1 then decode(md5(random()::text), 'hex') end,
          case when i % 3 = 0 then decode(md5(random()::text), 'hex') end, part
          from generate_series(${number}::bigint, ${end}::bigint - 1) as i
          join (select row_number() over () - 1 as place, * from (select * from issued_token order by seq limit ${CLIENTS}) as first) as token
            on place = i % ${sql.lit(CLIENTS)}`
        await (dialect === 'sqlite' ? lite : post).execute(kysely)
      })
    }

    const issueOne = (ids: readonly string[], parents: readonly (string | null)[]) =>
      context.write((unit) => {
        const now = services.clock.now()
        for (const [index, id] of ids.entries()) {
          unit.issue({
            id,
            tenant_id: context.scope.tenantId,
            realm_id: context.scope.realm?.id ?? '',
            client_id: context.scope.tenantId,
            client_name: 'c',
            client_label: 'C',
            user_id: null,
            session_id: null,
            family_id: null,
            parent_id: parents[index] ?? null,
            grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
            audience: 'https://api.example.com',
            scopes: '',
            kid: 'k1',
            token_hash: id,
            issued_at: now,
            expires_at: now + 3_600_000,
            confirmation: null,
            act: null,
          })
        }
      })

    async function makeTree(above: (index: number) => number): Promise<{ root: string; ids: string[] }> {
      const root = services.random.id()
      await issueOne([root], [null])
      const ids = Array.from({ length: DESCENDANTS }, () => services.random.id())
      for (let start = 0; start < DESCENDANTS; start += PER_WRITE) {
        const some = ids.slice(start, start + PER_WRITE)
        await issueOne(
          some,
          some.map((_, index) => ids[above(start + index)] ?? root),
        )
      }
      return { root, ids }
    }

    /** Issues a token after the other for a while. @returns how long each took, the shortest first */
    async function issueMeanwhile(): Promise<number[]> {
      const taken: number[] = []
      for (const end = performance.now() + WINDOW; performance.now() < end; ) {
        const start = performance.now()
        await issueOne([services.random.id()], [null])
        taken.push(performance.now() - start)
      }
      return taken.sort((left, right) => left - right)
    }
    const p99 = (taken: readonly number[]) => taken[Math.floor(taken.length * 0.99)] ?? 0

    for (const [shape, above] of Object.entries(SHAPES)) {
      test(`${DESCENDANTS} tokens, ${shape}, end in one transaction`, async (t: TestContext) => {
        const { root, ids } = await makeTree(above)
        const quiet = await issueMeanwhile()
        const issuing = issueMeanwhile()
        await new Promise((resolve) => setTimeout(resolve, WINDOW / 4))
        const start = performance.now()
        await callOperation(issuanceRevoke, context, { id: root })
        const milliseconds = performance.now() - start
        const beside = await issuing
        for (const id of [root, ids[0], ids[DESCENDANTS / 2], ids.at(-1)]) {
          assert.notEqual((await context.read.issuances.find(id ?? ''))?.revokedAt, null)
        }
        const figures = [p99(quiet), p99(beside), beside.at(-1) ?? 0].map((each) => each.toFixed(1))
        t.diagnostic(
          `${dialect}, ${shape}: revoked in ${milliseconds.toFixed(0)} ms; a token's p99 ${figures[0]} ms without, ${figures[1]} ms beside it, longest ${figures[2]} ms`,
        )
        assert.ok(milliseconds < SLOWEST, `${milliseconds} ms`)
      })
    }
  })
}
