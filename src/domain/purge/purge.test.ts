// Checks what a purge deletes and what it keeps.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { sql } from 'kysely'
import { PLATFORM } from '#kernel/id.ts'
import { parse } from '#kernel/parse.ts'
import { DIALECTS } from '#testing/databases.ts'
import { anotherRealm, callOperation, issueTokenPair } from '#testing/domain-fixtures.ts'
import { purgeBefore } from '#testing/purge.ts'
import { failure } from '#testing/run-operation.ts'
import { openTestServices, type TestServices } from '#testing/services.ts'
import { type BurstToken, tokenBurst } from '#testing/token-burst.ts'
import { openVerifier, type Verifier } from '#testing/verifier.ts'
import type { Context } from '../context.ts'
import { eventList } from '../event/event.operations.ts'
import { EventQuery } from '../event/event.ts'
import { webhookCreate } from '../webhook/webhook.operations.ts'
import { purgeRun } from './purge.operations.ts'
import { purgeTarget } from './purge.service.ts'
import { PurgeRequest } from './purge.ts'

const DAY = 86_400_000

const typesIn = async (context: Context) =>
  (await eventList.run(context, parse(EventQuery, {}))).data.map(({ seq, type }) => `${seq} ${type}`).reverse()

for (const dialect of DIALECTS) {
  describe(`a purge on ${dialect}`, () => {
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

    const run = ({ before, ...request }: { before?: number; [member: string]: unknown }) => {
      const sent = { ...request, ...(before !== undefined && { before: new Date(before).toISOString() }) }
      return purgeRun.run(services.contextFor({ tenantId: PLATFORM }), parse(PurgeRequest, sent))
    }
    const issue = (context: Context, count: number) =>
      tokenBurst(
        context,
        Array.from({ length: count }, () => ({
          clientId: services.random.id(),
          userId: null,
          audience: 'https://api',
        })),
      )
    const note = (context: Context) =>
      context.write((unit) => unit.emit('user.created', { subject: { type: 'user', id: 'u' } }))
    const change = (statement: ReturnType<typeof sql>) =>
      services.database.write(async ({ kysely }) => void (await statement.execute(kysely)))

    /** A tenant whose log has an event, two old tokens and an event; and after 30 days an event and one token. */
    async function makeLog(): Promise<{ context: Context; old: BurstToken[]; middle: number }> {
      const context = services.contextFor({ tenantId: services.random.id() })
      await note(context)
      const old = await issue(context, 2)
      await note(context)
      services.clock.advance(15 * DAY)
      const middle = services.clock.now()
      services.clock.advance(15 * DAY)
      await note(context)
      await issue(context, 1)
      return { context, old, middle }
    }

    test('old tokens go, the rest of the log stays and verifies', async () => {
      const { context, old, middle } = await makeLog()
      assert.equal((await run({ only: ['issuances'], before: middle, dryRun: true })).targets[0]?.rows, 2)
      assert.equal((await verify(context)).checked, 6)
      const { complete, targets } = await run({ only: ['issuances'], before: middle })
      assert.deepEqual([complete, targets], [true, [{ target: 'issuances', before: middle, rows: 2 }]])
      const counted = await run({ only: ['issuances'], dryRun: true, before: middle })
      assert.deepEqual([counted.complete, counted.notices], [true, []])
      assert.ok(Number((await run({ dryRun: true })).databaseBytes) > 100_000)
      assert.deepEqual(await typesIn(context), [
        '1 user.created',
        '4 user.created',
        '5 user.created',
        '6 token.issued',
        '7 issuance.purged',
      ])
      for (const { id } of old) assert.equal(await context.read.issuances.find(id), undefined)
      assert.deepEqual(await verify(context), { ...(await verify(context)), ok: true, checked: 7, purgedThrough: 0 })
      assert.equal((await run({ only: ['issuances'], before: middle })).targets[0]?.rows, 0)
      assert.equal((await typesIn(context)).length, 5)
    })

    test('old events go with the tokens among them; the chain begins at the checkpoint and goes on', async () => {
      const { context, middle } = await makeLog()
      await run({ only: ['issuances'], before: middle })
      const request = { only: ['events', 'issuances'], before: middle }
      const [planned, done] = [await run({ ...request, dryRun: true }), await run(request)]
      assert.deepEqual(done.targets, planned.targets)
      assert.deepEqual(await typesIn(context), [
        '5 user.created',
        '6 token.issued',
        '7 issuance.purged',
        '8 event.purged',
      ])
      await note(context)
      const verified = await verify(context)
      assert.deepEqual([verified.ok, verified.checked, verified.purgedThrough], [true, 5, 4])
      assert.equal(verified.head.seq, 9)
    })

    test('what is changed, taken away or put in is found after a purge, too; and so is a forged checkpoint', async () => {
      const spoil = async (what: ReturnType<typeof sql>, bad: object | null) => {
        await change(what)
        assert.deepEqual((await verify(context)).firstBad, bad)
      }
      const { context, middle } = await makeLog()
      const { tenantId } = context.scope
      await run({ only: ['events'], before: middle })
      assert.equal((await verify(context)).ok, true)
      const checkpoint = sql`update event_checkpoint set`
      const own = sql`where tenant_id = ${tenantId}`
      await spoil(sql`${checkpoint} seq = 5 ${own}`, { seq: 5, reason: 'changed' })
      await spoil(sql`${checkpoint} seq = 4, tokens_seq = 6 ${own}`, { seq: 4, reason: 'changed' })
      await spoil(sql`${checkpoint} tokens_seq = 4, cleared = 0 ${own}`, { seq: 4, reason: 'changed' })
      await spoil(sql`${checkpoint} cleared = 1 ${own}`, null)
      await spoil(sql`update event set seq = 2 ${own} and seq = 5`, { seq: 2, reason: 'changed' })
      await spoil(sql`update event set seq = 5 ${own} and seq = 2`, null)
      await spoil(sql`update event set type = 'user.deleted' ${own} and seq = 5`, { seq: 5, reason: 'changed' })
      await spoil(sql`update event set type = 'user.created' ${own} and seq = 5`, null)
      await spoil(sql`update issued_token set seq = seq - 3 where profile in (select id from token_profile ${own})`, {
        seq: 6,
        reason: 'missing',
      })
      await spoil(
        sql`update issued_token set seq = seq + 3 where profile in (select id from token_profile ${own})`,
        null,
      )
      await spoil(sql`delete from event ${own} and seq = 5`, { seq: 5, reason: 'missing' })
      await spoil(sql`delete from event_checkpoint ${own}`, { seq: 1, reason: 'missing' })
    })

    test('events that a webhook waits for stay', async () => {
      const { context, middle } = await makeLog()
      const { tenantId } = context.scope
      const webhook = await callOperation(webhookCreate, services.contextFor(), {
        url: 'https://a.example',
        events: ['*'],
      })
      await change(sql`update webhook set tenant_id = ${tenantId} where id = ${webhook.id}`)
      await context.write((unit) =>
        unit.webhookDeliveries.insert([
          {
            id: services.random.id(),
            webhookId: webhook.id,
            eventId: services.random.id(),
            eventType: 'user.created',
            eventSeq: 4,
            kind: 'event',
            status: 'pending',
            attempts: 0,
            responseStatus: null,
            error: null,
            durationMs: null,
            createdAt: 0,
            attemptedAt: null,
            nextAttemptAt: null,
            settledAt: null,
          },
        ]),
      )
      await run({ only: ['events'], before: middle })
      assert.deepEqual((await typesIn(context))[0], '4 user.created')
      assert.equal((await verify(context)).purgedThrough, 3)
      await change(sql`update webhook_delivery set settled_at = 1 where webhook_id = ${webhook.id}`)
      await run({ only: ['events'], before: middle })
      assert.equal((await verify(context)).purgedThrough, 4)
    })

    test('what was interrupted is gone on with', async () => {
      const { context, middle } = await makeLog()
      const stop = new Error('the process ends')
      const platform = services.contextFor({ tenantId: PLATFORM })
      const dying: Context = {
        ...platform,
        write: async (work) => {
          if (await context.read.eventPurges.checkpoint()) throw stop
          return platform.write(work)
        },
      }
      const before = middle
      await assert.rejects(purgeTarget(dying, 'events', before, { deadline: { isOver: () => false } }), stop)
      assert.deepEqual((await typesIn(context))[0], '1 user.created')
      assert.deepEqual([(await verify(context)).ok, (await verify(context)).purgedThrough], [true, 4])
      assert.ok((await purgeBefore(services, 'events', before)) >= 4)
      assert.deepEqual((await typesIn(context))[0], '5 user.created')
      assert.equal((await verify(context)).ok, true)
    })

    test('a round passes over what an earlier one purged, to the first token that is left', async () => {
      const context = services.contextFor({ tenantId: services.random.id() })
      const { tenantId } = context.scope
      for (let link = 0; link < 6; link++) await issue(context, 2)
      await note(context)
      const chain = services
        .contextFor({ tenantId: PLATFORM })
        .read.acrossTenants.purges.chainOf({ kind: 'platform' }, tenantId)
      const span = { after: 0, through: 12 }
      assert.deepEqual(await chain.nextTokens(span, 2), { after: 1, found: true })
      await context.write((unit) => unit.eventPurges.deleteTokens({ ...span, through: 8, links: false }, 100))
      assert.deepEqual(await chain.nextTokens(span, 2), { after: 4, found: false })
      assert.deepEqual(await chain.nextTokens({ ...span, after: 4 }, 3), { after: 9, found: true })
      assert.equal(await chain.nextTokens({ ...span, after: 12 }, 3), undefined)
      services.clock.advance(2 * DAY)
      const done = await run({ only: ['issuances'], before: services.clock.now() - 1.9 * DAY })
      assert.equal(done.complete, true)
    })

    test('nothing goes that may be valid, and nothing that is kept', async () => {
      await assert.rejects(run({ only: ['events'] }), failure('invalid_request'))
      await assert.rejects(run({ before: 1 }), failure('invalid_request'))
      const recent = services.clock.now() - DAY
      await assert.rejects(run({ only: ['issuances'], before: recent }), failure('invalid_request'))
      const { targets } = await run({})
      assert.deepEqual(
        targets.filter(({ before }) => before === null).map(({ target }) => target),
        ['broker-issuances', 'issuances', 'events'],
      )
    })

    test('authorizations without refresh tokens go once nobody needs them: one of each client of a living session stays', async () => {
      const context = services.contextFor({ realm: await anotherRealm(services) })
      const { tenantId, realm } = context.scope
      const userId = services.random.id()
      const session = async (lifetime: number) => {
        const id = services.random.id()
        const now = services.clock.now()
        await change(sql`insert into session (id, tenant_id, realm_id, user_id, secret_hash, amr, aal,
          authenticated_at, created_at, last_seen_at, expires_at)
          values (${id}, ${tenantId}, ${realm?.id}, ${userId}, ${id}, '[]', 1, ${now}, ${now}, ${now}, ${now + lifetime})`)
        return id
      }
      const [living, over] = [await session(9 * DAY), await session(DAY)]
      const [clientId, other] = [services.random.id(), services.random.id()]
      const pair = (sessionId: string, client = clientId) =>
        issueTokenPair(context, { userId, sessionId, clientId: client })
      const [spent, kept, ended, others] = [
        await pair(living),
        await pair(living),
        await pair(over),
        await pair(living, other),
      ]
      const refreshed = await pair(over)
      await change(sql`update token_family set refreshed_at = created_at where id = ${refreshed.familyId}`)
      services.clock.advance(2 * DAY)
      const young = await pair(over)
      assert.equal((await run({ only: ['authorizations'], dryRun: true })).targets[0]?.rows, 2)
      assert.equal((await run({ only: ['authorizations'] })).targets[0]?.rows, 2)
      for (const { familyId } of [spent, ended])
        assert.equal(await context.read.tokenFamilies.find(familyId), undefined)
      for (const { familyId } of [kept, others, refreshed, young]) {
        assert.ok(await context.read.tokenFamilies.find(familyId))
      }
    })

    test('more rows than one write takes go in several, the oldest first, and only those that are due', async () => {
      const now = services.clock.now()
      for (let day = 0; day < 3; day++) {
        await change(sql`with recursive n(x) as (select 1 union all select x + 1 from n where x < 300)
          insert into idempotency_key (actor_id, key, fingerprint, created_at)
          select 'purge', cast(x + ${1000 * day} as text), 'f', cast(${now - day * DAY} as bigint) + x from n`)
      }
      const only = ['idempotency-keys']
      assert.equal((await run({ only, dryRun: true })).targets[0]?.rows, 300)
      assert.equal((await run({ only })).targets[0]?.rows, 300)
      assert.equal((await run({ only })).targets[0]?.rows, 0)
      assert.equal(await purgeBefore(services, 'idempotency-keys', now + DAY), 600)
    })
  })
}
