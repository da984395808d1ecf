// Checks that issued tokens are events of the chain.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { sql } from 'kysely'
import type { Context } from '#domain/context.ts'
import { eventGet, eventList } from '#domain/event/event.operations.ts'
import { followEvents } from '#domain/event/event.stream.ts'
import { EventQuery, typesOf } from '#domain/event/event.ts'
import { parse } from '#kernel/parse.ts'
import { DIALECTS } from '#testing/databases.ts'
import { openTestServices, type TestServices } from '#testing/services.ts'
import { type BurstToken, tokenBurst } from '#testing/token-burst.ts'
import { openVerifier, type Verifier } from '#testing/verifier.ts'
import { linkText, rowsOfLinks } from './links.ts'
import { digestFormOf, digestOfRows, PROFILE_COLUMNS, profileText } from './token-row.ts'

const AUDIENCE = 'https://api.example.com'

const list = async (context: Context, query: object) => (await eventList.run(context, parse(EventQuery, query))).data

for (const dialect of DIALECTS) {
  describe(`tokens in the chain of events on ${dialect}`, () => {
    let services: TestServices
    let verifier: Verifier
    before(async () => {
      services = await openTestServices({ database: dialect })
      verifier = openVerifier(services.store)
    })
    after(async () => {
      await verifier.close()
      await services.close()
    })

    const verify = (context: Context, range = {}) => verifier.verify(context, range)

    /** Another tenant, that only its log knows, with an event, so many tokens in one commit, and another event. */
    async function issued(count: number): Promise<{ context: Context; tokens: BurstToken[] }> {
      services.clock.advance(1000)
      const context = services.contextFor({ tenantId: services.random.id() })
      const note = () => context.write((unit) => unit.emit('user.created', { subject: { type: 'user', id: 'u' } }))
      await note()
      const tokens = await tokenBurst(
        context,
        Array.from({ length: count }, (_, index) => ({
          clientId: services.random.id(),
          userId: index % 2 === 0 ? services.random.id() : null,
          audience: AUDIENCE,
        })),
      )
      await note()
      return { context, tokens }
    }

    const change = (statement: ReturnType<typeof sql>) =>
      services.database.write(async ({ kysely }) => void (await statement.execute(kysely)))
    const bytes = (id: string) => Buffer.from(id.replaceAll('-', ''), 'hex')

    test('an issued token is an event: listed, shown, followed and counted as one', async () => {
      const { context, tokens } = await issued(3)
      const following = followEvents(context, { subscribe: services.registry.subscribe, afterSeq: 0 })
      const events = await list(context, {})
      assert.deepEqual(
        events.map(({ seq, type }) => [seq, type]),
        [
          [5, 'user.created'],
          [4, 'token.issued'],
          [3, 'token.issued'],
          [2, 'token.issued'],
          [1, 'user.created'],
        ],
      )
      const [, last] = events
      const token = tokens.at(-1)
      assert.ok(last && token)
      const { origin } = context.actor
      assert.deepEqual(last, {
        id: last.id,
        seq: 4,
        type: 'token.issued',
        occurredAt: services.clock.now(),
        actor: { kind: 'user', id: token.userId, label: null },
        subject: { type: 'issuance', id: token.id, label: null },
        tenantId: context.scope.tenantId,
        realmId: events[1]?.realmId,
        result: 'success',
        ip: origin.ip,
        userAgent: origin.userAgent,
        requestId: origin.requestId,
        surface: origin.surface,
        data: { clientId: token.clientId, grantType: 'client_credentials', audience: AUDIENCE, scope: '' },
        hash: last.hash,
        actorEmail: null,
        partnerId: null,
      })
      assert.match(last.hash, /^[\w-]{43}$/)
      assert.equal(events[2]?.hash, last.hash, 'tokens that were issued together have one hash')
      assert.deepEqual(await eventGet.run(context, { id: last.id }), last)
      await assert.rejects(eventGet.run(services.contextFor(), { id: last.id }), { code: 'not_found' })
      for (const [query, expected] of [
        [{ types: ['token.issued'] }, [4, 3, 2]],
        [{ types: typesOf('token.*'), limit: '2' }, [4, 3]],
        [{ types: ['token.issued'], subjectId: token.id }, [4]],
        [{ types: ['token.issued'], actorId: token.userId }, [4]],
        [{ types: ['token.issued'], actorId: tokens[1]?.clientId }, [3]],
        [{ types: ['token.issued'], realmId: services.random.id() }, []],
        [{ subjectId: token.id }, []],
        [{ types: ['token.issued'], result: 'failure' }, []],
        [{ types: ['token.issued'], until: '2000-01-01T00:00:00Z' }, []],
        [{ limit: '2' }, [5, 4]],
      ] as const) {
        const found = await list(context, query)
        assert.deepEqual(
          found.map(({ seq }) => seq),
          expected,
          JSON.stringify(query),
        )
      }
      const followed = []
      for (let count = 0; count < 5; count++) followed.push((await following.next()).value)
      const withoutNames = events.map(({ actorEmail: _, partnerId: __, ...event }) => event)
      assert.deepEqual(followed, withoutNames.reverse())
      const head = await context.read.events.head()
      assert.equal(head.seq, 5)
    })

    test('pages of events neither repeat nor leave out any, whichever table they are from', async () => {
      const { context } = await issued(7)
      const seen: number[] = []
      let cursor: string | null | undefined
      do {
        const page = await eventList.run(context, parse(EventQuery, { limit: '2', ...(cursor && { cursor }) }))
        seen.push(...page.data.map(({ seq }) => seq))
        cursor = page.nextCursor
      } while (cursor)
      assert.deepEqual(seen, [9, 8, 7, 6, 5, 4, 3, 2, 1])
    })

    test('a chain with tokens verifies while it grows', async () => {
      const { context } = await issued(20)
      assert.deepEqual(
        { ...(await verify(context)), head: undefined },
        { ok: true, checked: 22, purgedThrough: 0, head: undefined, firstBad: null },
      )
      const token = { clientId: services.random.id(), userId: null, audience: AUDIENCE }
      const growing = Promise.all(Array.from({ length: 20 }, () => tokenBurst(context, [token, token])))
      assert.deepEqual(
        (await Promise.all([verify(context), verify(context)])).map(({ firstBad }) => firstBad),
        [null, null],
      )
      await growing
      assert.equal((await verify(context)).checked, 62)
    })

    for (const [column, changed, restored] of [
      ['seq', sql`seq + 100`, sql`seq - 100`],
      ['delay', sql`delay + 1`, sql`delay - 1`],
      ['expires_at', sql`expires_at + 1`, sql`expires_at - 1`],
    ] as const) {
      test(`a change of a token's ${column} is found`, async () => {
        const { context, tokens } = await issued(3)
        const id = bytes(tokens[1]?.id ?? '')
        await change(sql`update issued_token set ${sql.ref(column)} = ${changed} where id = ${id}`)
        const { firstBad } = await verify(context)
        assert.ok(firstBad !== null && firstBad.seq >= 2 && firstBad.seq <= 4)
        await change(sql`update issued_token set ${sql.ref(column)} = ${restored} where id = ${id}`)
        assert.equal((await verify(context)).ok, true)
      })
    }

    for (const [column, value] of [
      ['hash', Buffer.alloc(32, 1)],
      ['ip', Buffer.alloc(4, 1)],
      ['agent', null],
      ['request_id', 'other'],
      ['user_id', Buffer.alloc(16, 1)],
      ['session_id', Buffer.alloc(16, 1)],
      ['family_id', Buffer.alloc(16, 1)],
      ['parent_id', Buffer.alloc(16, 1)],
      ['confirmation', '{}'],
      ['act', '{}'],
    ] as const) {
      test(`a change of a token's ${column} is found`, async () => {
        const { context, tokens } = await issued(3)
        const id = bytes(tokens[1]?.id ?? '')
        await change(sql`update issued_token set ${sql.ref(column)} = ${value} where id = ${id}`)
        assert.deepEqual((await verify(context)).firstBad, { seq: 2, reason: 'changed' })
      })
    }

    for (const column of PROFILE_COLUMNS.filter((name) => name !== 'tenant_id')) {
      test(`a change of a profile's ${column} is found`, async () => {
        const { context, tokens } = await issued(3)
        const profile = sql`select profile from issued_token where id = ${bytes(tokens[2]?.id ?? '')}`
        await change(
          sql`update token_profile set ${sql.ref(column)} = ${services.random.id()} where id in (${profile})`,
        )
        assert.deepEqual((await verify(context)).firstBad, { seq: 2, reason: 'changed' })
      })
    }

    for (const [column, value] of [
      ['count', 2],
      ['first', Buffer.alloc(16, 0xff)],
      ['last', Buffer.alloc(16)],
      ['digest', Buffer.alloc(32)],
      ['hash', 'x'],
      ['seq', 3],
    ] as const) {
      test(`a change of a link's ${column} is found`, async () => {
        const { context } = await issued(3)
        await change(
          sql`update token_link set ${sql.ref(column)} = ${value} where tenant_id = ${context.scope.tenantId}`,
        )
        const { firstBad } = await verify(context)
        assert.ok(firstBad !== null && firstBad.seq >= 1 && firstBad.seq <= 5)
      })
    }

    test('a token whose profile was exchanged for another one is found', async () => {
      const { context, tokens } = await issued(3)
      const [one, other] = [bytes(tokens[0]?.id ?? ''), bytes(tokens[2]?.id ?? '')]
      await change(
        sql`update issued_token set profile = (select profile from issued_token where id = ${other}) where id = ${one}`,
      )
      assert.deepEqual((await verify(context)).firstBad, { seq: 2, reason: 'changed' })
    })

    test('a token that was removed is missing, and one that was added or hidden is found', async () => {
      const removed = await issued(3)
      await change(sql`delete from issued_token where id = ${bytes(removed.tokens[1]?.id ?? '')}`)
      assert.deepEqual((await verify(removed.context)).firstBad, { seq: 3, reason: 'missing' })

      for (const seq of [3, 5, 77]) {
        const { context, tokens } = await issued(3)
        const columns = 'profile, hash, delay, expires_at, part'
        await change(sql`insert into issued_token (id, seq, ${sql.raw(columns)})
          select ${bytes(services.random.id())}, ${seq}, ${sql.raw(columns)} from issued_token
          where id = ${bytes(tokens[0]?.id ?? '')}`)
        assert.deepEqual((await verify(context)).firstBad, { seq, reason: 'changed' }, String(seq))
      }

      const moved = await issued(3)
      const [first] = moved.tokens
      await change(
        sql`update issued_token set id = ${bytes(services.random.id())} where id = ${bytes(first?.id ?? '')}`,
      )
      assert.equal((await verify(moved.context)).ok, false)

      const hidden = await issued(3)
      await change(sql`update issued_token set part = 999999 where id = ${bytes(hidden.tokens[0]?.id ?? '')}`)
      assert.equal((await verify(hidden.context)).ok, false)
    })

    test('a token that hides from lists is found, also beside one that was added', async () => {
      const { context, tokens } = await issued(3)
      const [hidden, copied] = tokens.map(({ id }) => bytes(id))
      const columns = sql.raw('profile, hash, delay, expires_at, part')
      await change(sql`insert into issued_token (id, seq, ${columns})
        select ${bytes(services.random.id())}, 77, ${columns} from issued_token where id = ${copied}`)
      await change(sql`update issued_token set part = 999999 where id = ${hidden}`)
      assert.deepEqual((await verify(context)).firstBad, { seq: 2, reason: 'changed' })
      await change(sql`update issued_token set part = (select part from issued_token where id = ${copied})
        where id = ${hidden}`)
      assert.deepEqual((await verify(context)).firstBad, { seq: 77, reason: 'changed' })
    })

    test('a part of the chain begins and ends with whole links, and finds what was changed or added in it', async () => {
      const { context } = await issued(5)
      const token = { clientId: services.random.id(), userId: null, audience: AUDIENCE }
      services.clock.advance(1000)
      const [, second] = await tokenBurst(context, [token, token, token])
      // The events are 1, 7; the tokens 2 to 6 and 8 to 10.
      const counts = []
      for (const range of [{ fromSeq: 4, toSeq: 4 }, { fromSeq: 7, toSeq: 8 }, { fromSeq: 9 }, { toSeq: 2 }]) {
        const { ok, checked } = await verify(context, range)
        counts.push([ok, checked])
      }
      assert.deepEqual(counts, [
        [true, 5],
        [true, 4],
        [true, 3],
        [true, 6],
      ])
      await change(sql`update issued_token set delay = delay + 1 where id = ${bytes(second?.id ?? '')}`)
      assert.deepEqual((await verify(context, { fromSeq: 10 })).firstBad, { seq: 8, reason: 'changed' })
      assert.equal((await verify(context, { toSeq: 7 })).ok, true)
      await change(sql`update issued_token set delay = delay - 1 where id = ${bytes(second?.id ?? '')}`)
      const added = bytes(second?.id ?? '')
      added[15] = (added[15] ?? 0) ^ 1
      await change(sql`insert into issued_token (id, seq, profile, hash, delay, expires_at, part)
        select ${added}, 7, profile, hash, delay, expires_at, part from issued_token
        where id = ${bytes(second?.id ?? '')}`)
      assert.deepEqual((await verify(context, { fromSeq: 7 })).firstBad, { seq: 7, reason: 'changed' })
      assert.equal((await verify(context, { toSeq: 6 })).ok, true)
    })

    test('tokens of many profiles, and many tokens of one, are counted in pieces', async () => {
      const { context, tokens } = await issued(1)
      const { audience } = tokens[0] ?? { audience: '' }
      const clients = Array.from({ length: 30 }, () => services.random.id())
      for (let round = 0; round < 50; round++) {
        await tokenBurst(
          context,
          Array.from({ length: 100 }, (_, index) => ({
            clientId: clients[round < 25 ? 0 : index % 30] ?? '',
            userId: null,
            audience,
          })),
        )
      }
      assert.equal((await verify(context)).checked, 5003)
      const copied = bytes(tokens[0]?.id ?? '')
      await change(sql`insert into issued_token (id, seq, profile, hash, delay, expires_at, part)
        select ${bytes(services.random.id())}, 1, (select max(profile) from issued_token), hash, delay, expires_at, part
        from issued_token where id = ${copied}`)
      assert.deepEqual((await verify(context)).firstBad, { seq: 1, reason: 'changed' })
    })

    test('a link of an earlier version, whose digest is of its rows together, verifies, and a change in it is found', async () => {
      const { context } = await issued(1)
      const { tenantId } = context.scope
      const [{ hash: before }, token] = [await context.read.events.head(), { userId: null, audience: AUDIENCE }]
      const [made] = await tokenBurst(context, [{ ...token, clientId: services.random.id() }])
      const { seq } = await context.read.events.head()
      const { kysely } = services.database.read
      const [row] = await rowsOfLinks(services.database.read, tenantId, { from: seq, to: seq })
      assert.ok(row && made)
      const link = await kysely
        .selectFrom('token_link')
        .selectAll()
        .where('tenant_id', '=', tenantId)
        .where('seq', '=', seq)
        .executeTakeFirstOrThrow()
      assert.equal(digestFormOf(link.digest), 'by row')
      const digest = digestOfRows([row], () => createHash('sha256').update(profileText(row)).digest(), 'together')
      const hash = services.crypto.mac('event-chain', linkText(before, { ...link, digest }))
      await change(sql`update token_link set digest = ${digest}, hash = ${hash}
        where tenant_id = ${tenantId} and seq = ${seq}`)
      await change(sql`update event_head set hash = ${hash} where tenant_id = ${tenantId}`)
      assert.equal((await verify(context)).ok, true)
      await change(sql`update issued_token set delay = delay + 1 where id = ${bytes(made.id)}`)
      assert.deepEqual((await verify(context)).firstBad, { seq, reason: 'changed' })
    })

    test('a link that was removed, and a tail with its tokens that was cut off, are found', async () => {
      const removed = await issued(3)
      await change(sql`delete from token_link where tenant_id = ${removed.context.scope.tenantId}`)
      assert.deepEqual((await verify(removed.context)).firstBad, { seq: 2, reason: 'missing' })

      const { context } = await issued(1)
      const token = { clientId: services.random.id(), userId: null, audience: AUDIENCE }
      const [last] = await tokenBurst(context, [token])
      assert.equal((await context.read.events.head()).seq, 4)
      await change(sql`delete from token_link where tenant_id = ${context.scope.tenantId} and seq = 4`)
      await change(sql`delete from issued_token where id = ${bytes(last?.id ?? '')}`)
      assert.deepEqual((await verify(context)).firstBad, { seq: 4, reason: 'truncated' })
    })
  })
}
