// Tests that all that an input takes has a bound, and that the largest inputs of some callers do not stop another.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import * as z from 'zod'
import {
  type IsolationFixture,
  openIsolationFixture,
  sharedForRoute,
  tenantParameter,
} from '#testing/isolation-fixture.ts'
import { largestValue, unbounded } from '#testing/largest-body.ts'
import { nonEmpty } from '#testing/non-empty.ts'
import { issuerAt } from '#testing/realm-tokens.ts'
import type { RowReply } from '#testing/refusals.ts'
import { minimalBody } from '#testing/row-request.ts'
import { bodyOf, minimalQuery, queryOf } from '#testing/row-schema.ts'
import type { Route, Surface } from './surface.ts'
import { everySurface } from './surfaces.ts'

/**
 * How much longer than alone the second caller may wait, in milliseconds, and how many times as long: the 99th
 * percentile. A machine that does other work makes both slow.
 */
const MORE = { milliseconds: 300, times: 5 }
/** How often the second caller asks alone right before, to know how long it takes. */
const ALONE = 30

let fixture: IsolationFixture
let second: SecondCaller
before(async () => {
  fixture = await openIsolationFixture()
  second = await openSecondCaller()
})
after(() => fixture[Symbol.asyncDispose]())

const surfaces = await everySurface()

/** How many callers send at once, for how many milliseconds, and how many of the costliest rows. */
const CALLERS = 8
const DURATION = 5000
const COSTLIEST = 12
/** The same as {@link MORE} where so many send: the second caller is behind one request of each. */
const BESIDE_MANY = { ...MORE, milliseconds: 1000 }
/** A row, and how long it took for its largest body. */
interface Sent {
  readonly surface: Surface
  readonly route: Route
  readonly milliseconds: number
}
const sentOf = new Map<Surface, readonly Sent[]>()

/** Sends the largest body of each row of a surface. */
async function sendLargest(surface: Surface): Promise<readonly Sent[]> {
  const taking = nonEmpty(
    surface.routes.filter((route) => bodyOf(route) !== undefined && route.method !== 'DELETE'),
    `the routes of ${surface.name} that take a body`,
  )
  const sent: Sent[] = []
  for (const route of taking) {
    const call = await largestCall(surface, route)
    const begun = performance.now()
    const { status, body } = await call()
    sent.push({ surface, route, milliseconds: performance.now() - begun })
    assert.ok(status < 500 && status !== 413, `${route.method} ${route.path}: ${status} ${JSON.stringify(body)}`)
  }
  sentOf.set(surface, sent)
  return sent
}

/** What was sent to every surface. A test that runs alone sends it first. */
async function everySent(): Promise<readonly Sent[]> {
  const sent: Sent[] = []
  for (const surface of surfaces) sent.push(...(sentOf.get(surface) ?? (await sendLargest(surface))))
  return nonEmpty(sent, 'what was sent')
}

for (const surface of surfaces) {
  test(`${surface.name}: every text, list and object in a body or a query has a bound`, () => {
    for (const route of nonEmpty(surface.routes, `the routes of ${surface.name}`)) {
      const of = `${route.method} ${route.path}`
      assert.deepEqual(unbounded(bodyOf(route)), [], `the body of ${of}`)
      assert.deepEqual(unbounded({ type: 'object', properties: queryOf(route) }), [], `the query of ${of}`)
      assert.deepEqual(unbounded(inputOf(route)), [], `the input of ${route.operation.name}`)
    }
  })

  test(`${surface.name}: the largest body of one caller leaves the other its answers`, async () => {
    await assertServed(surface.name, () => sendLargest(surface))
  })
}

/** Questions that are as long as they may be, or that much is to be read for. */
const QUESTIONS = [
  `/v1/realms/{realm}/users?search=${'e'.repeat(200)}&include=count`,
  '/v1/realms/{realm}/users?limit=200&offset=100000000',
  '/v1/realms/{realm}/scim/v2/Users?count=200&filter={filter}',
  '/v1/realms/{realm}/scim/v2/Groups?count=200&startIndex=1000000',
  '/v1/events?limit=200&type=user.created',
]

test(`${CALLERS} callers of the costliest rows at once leave another its answers`, async () => {
  const costliest = (await everySent()).toSorted((one, other) => other.milliseconds - one.milliseconds)
  const filter = encodeURIComponent(Array.from({ length: 120 }, (_, at) => `userName eq "e${at}"`).join(' or '))
  const calls = QUESTIONS.map((question) => {
    const path = question.replace('{realm}', fixture.shop.issuerId).replace('{filter}', filter)
    return () => fixture.plane.server.call('GET', path, { key: fixture.plane.superAdmin })
  })
  for (const { surface, route } of costliest.slice(0, COSTLIEST)) calls.push(await largestCall(surface, route))
  const statuses: number[] = []
  const callers = async () => {
    const end = performance.now() + DURATION
    const caller = async (first: number) => {
      for (let at = first; performance.now() < end; at++) {
        const { status, body } = await (calls[at % calls.length] as (typeof calls)[number])()
        assert.ok(status < 500, `${status} ${JSON.stringify(body)}`)
        statuses.push(status)
      }
    }
    await Promise.all(Array.from({ length: CALLERS }, (_, first) => caller(first * 2)))
  }
  await assertServed(`${CALLERS} callers`, callers, BESIDE_MANY)
  assert.ok(
    statuses.some((status) => status < 300),
    'none succeeded',
  )
})

const USER_URN = 'urn:ietf:params:scim:schemas:core:2.0:User'
const PATCH_URN = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'
const BULK_URN = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest'

const emails = (count: number, from = 0) =>
  Array.from({ length: count }, (_, at) => ({ value: `e${from + at}@example.com`, type: 'work' }))

test('SCIM: a PATCH with two adds of 6,000 e-mail addresses is refused, and holds up nobody', async () => {
  const user = { schemas: [USER_URN], userName: 'many@example.com', emails: emails(100) }
  const made = await scim('POST', '/Users', user)
  assert.equal(made.status, 201, JSON.stringify(made.body))
  const path = `/Users/${(made.body as { id: string }).id}`
  const add = (count: number, from: number) => ({ op: 'add', path: 'emails', value: emails(count, from) })
  const patch = (...operations: object[]) => ({ schemas: [PATCH_URN], Operations: operations })
  const bulk = Array.from({ length: 1000 }, (_, at) => ({
    method: 'DELETE',
    path: `/Users/bulkId:${at}`,
    bulkId: `${at}`,
  }))
  const one = (at: number) => ({ op: 'add', path: `emails[value eq "e${at % 100}@example.com"].type`, value: 'home' })
  await assertServed('scim', async () => {
    for (const [method, at, body, status] of [
      ['PATCH', path, patch(add(6000, 0), add(6000, 6000)), 413],
      ['PATCH', path, patch(add(2500, 0), add(2500, 2500)), 400],
      ['PATCH', path, patch(add(100, 1000), add(100, 2000)), 400],
      ['PATCH', path, patch(...Array.from({ length: 1000 }, (_, index) => one(index))), 200],
      ['PATCH', path, patch(...Array.from({ length: 1001 }, (_, index) => one(index))), 400],
      ['PUT', path, { ...user, emails: emails(5000) }, 400],
      ['POST', '/Groups', { displayName: 'Many', members: emails(12_000) }, 400],
      ['POST', '/Bulk', { schemas: [BULK_URN], Operations: bulk }, 200],
    ] as const) {
      const reply = await scim(method, at, body)
      assert.equal(reply.status, status, `${method} ${at}: ${JSON.stringify(reply.body).slice(0, 500)}`)
    }
  })
})

/** The input of a route's operation as JSON Schema; the words of a boolean in a query are a few. */
function inputOf({ operation }: Route): object {
  return z.toJSONSchema(operation.input, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const { type, in: from, out: to } = zodSchema._zod.def as { type: string; in?: z.ZodType; out?: z.ZodType }
      if (type === 'pipe' && from?.type === 'string' && to?.type === 'boolean') jsonSchema.type = 'boolean'
    },
  })
}

test('a schema without a bound is found, wherever it is', () => {
  const schema = z.toJSONSchema(
    z.object({
      a: z.string(),
      b: z.array(z.string().max(5)),
      c: z.array(z.object({ d: z.string().nullable() })).max(5),
      e: z.record(z.string().max(9), z.number()),
      f: z.string().regex(/^a{1,5}[a+]\.$/),
      g: z.string().regex(/^a+$/),
      h: z.unknown(),
      i: z.looseObject({ j: z.literal('k') }),
      l: z.enum(['m']),
      n: z.union([z.string().max(3), z.array(z.number())]).optional(),
      o: z.iso.date(),
    }),
    { io: 'input' },
  )
  const found = ['/a (string)', '/b (array)', '/c[]/d (string,null)', '/e (object)', '/g (string)', '/h (anything)']
  assert.deepEqual(unbounded(schema), [...found, '/i (object)', '/i/* (anything)', '/n (array)'])
})

function scim(method: string, path: string, body: object) {
  return fixture.plane.server.call(method, `/v1/realms/${fixture.shop.issuerId}/scim/v2${path}`, {
    key: fixture.plane.superAdmin,
    body,
  })
}

/** What sends the largest body of a row; what the row needs is there already. */
async function largestCall(surface: Surface, route: Route): Promise<() => Promise<RowReply>> {
  const holder = { name: 'super_admin', token: fixture.plane.superAdmin, home: fixture.shop, isAbove: true } as const
  const caller = surface.name === 'zautha' ? fixture.holder(surface, route, 'tenant_admin') : holder
  const ids = await sharedForRoute(surface, caller.home, route)
  const least = await minimalBody(route, caller.home, ids)
  const largest = largestValue(bodyOf(route) ?? {}) as object
  const request = {
    token: caller.token,
    issuerId: caller.home.issuerId,
    ids,
    query: { ...minimalQuery(route), ...tenantParameter(surface, route, caller) },
    body: { ...largest, ...least, ...listsOf(largest) },
  }
  return () => fixture.call(route, request)
}

function listsOf(body: object): object {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => Array.isArray(value)))
}

/** A request that stops the others does so each time; a machine that is busy with something else does not. */
const ATTEMPTS = 4

/** Checks that the second caller gets its answers while something is done. @param work can be done several times */
async function assertServed(what: string, work: () => Promise<unknown>, more = MORE): Promise<void> {
  const waited: string[] = []
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const waits = await second.during(work)
    assert.ok(waits.beside.length >= 1, 'the second caller got no answer')
    const [beside, alone] = [p99(waits.beside), p99(waits.alone)]
    if (beside <= alone * more.times + more.milliseconds) return
    waited.push(`${Math.round(beside)} ms (p99), alone ${Math.round(alone)} ms`)
  }
  assert.fail(`beside ${what} it waited ${waited.join('; ')}`)
}

function p99(waits: readonly number[]): number {
  return waits.toSorted((one, other) => one - other)[Math.floor(waits.length * 0.99)] ?? 0
}

/** How long the second caller waited, in milliseconds: when nobody else asked, and beside others. */
interface Waits {
  readonly alone: readonly number[]
  readonly beside: readonly number[]
}

interface SecondCaller {
  /** Asks for tokens of another tenant, one after the other: some alone, then while something is done. */
  during(work: () => Promise<unknown>): Promise<Waits>
}

async function openSecondCaller(): Promise<SecondCaller> {
  const { server, bank } = fixture.plane
  const client = await server.api<{ client_id: string; client_secret: string }>(
    'POST',
    `/v1/realms/${bank.issuerId}/clients`,
    { label: 'Second', grant_types: ['client_credentials'] },
  )
  const ask = async (): Promise<number> => {
    const begun = performance.now()
    const response = await fetch(`${issuerAt(server, bank.issuerId)}/oauth/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${client.client_id}:${client.client_secret}`)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    })
    await response.arrayBuffer()
    assert.equal(response.status, 200)
    return performance.now() - begun
  }
  return {
    async during(work) {
      const alone: number[] = []
      while (alone.length < ALONE) alone.push(await ask())
      const beside: number[] = []
      let isOver = false
      const asking = (async () => {
        while (!isOver) beside.push(await ask())
      })()
      try {
        await work()
      } finally {
        isOver = true
        await asking
      }
      return { alone, beside }
    },
  }
}
