// Sends invalid input to every row of every surface.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { type IsolationFixture, openIsolationFixture, sharedForRoute } from '#testing/isolation-fixture.ts'
import { nonEmpty } from '#testing/non-empty.ts'
import { type RowReply, wordingOf } from '#testing/refusals.ts'
import { minimalBody, pathOf } from '#testing/row-request.ts'
import { bodyOf, queryOf } from '#testing/row-schema.ts'
import { type Ids, unknownIdLike } from '#testing/tenant-resources.ts'
import type { Route, Surface } from './surface.ts'
import { everySurface } from './surfaces.ts'

// Whatever is sent to a row of the documented APIs, the answer is a success or an error in that API’s form: never a 500.
// The native API’s rows have the same in native/bad-input.test.ts.

let fixture: IsolationFixture
before(async () => {
  fixture = await openIsolationFixture()
})
after(() => fixture[Symbol.asyncDispose]())

const RUNS = 25

const [, ...documented] = await everySurface()

/** Somebody whom a surface takes, so that what is wrong is the request. */
const CALLERS: Readonly<Record<string, string>> = {
  scaikey: 'super_admin',
  zautha: 'tenant_admin',
  scim: 'tenant key',
  sharkauth: 'tenant key',
  authplane: 'tenant key',
}

/** Whom they take where a row needs more. */
const PLATFORM_CALLERS: Readonly<Record<string, string>> = { zautha: 'super_admin' }

function tokenFor({ name }: Surface, route?: Route): string {
  const above = route?.operation.reach === 'platform' ? PLATFORM_CALLERS[name] : undefined
  return fixture.tokenOf(above ?? CALLERS[name] ?? 'tenant_admin')
}

function assertTyped({ name }: Surface, reply: RowReply, sent: unknown): void {
  const shown = `${reply.status} for ${JSON.stringify(sent)}: ${JSON.stringify(reply.body)}`
  assert.ok(reply.status < 500, shown)
  if (reply.status < 400) return
  assert.ok(![401, 403, 405].includes(reply.status), shown)
  assert.ok(wordingOf(name).sentence(reply).length > 0, shown)
}

/** What a path names, that can be changed at will; nothing where it would be deleted. */
async function idsFor(surface: Surface, route: Route): Promise<Ids> {
  const ids = await sharedForRoute(surface, fixture.shop, route)
  return route.method === 'DELETE' ? ids.map(unknownIdLike) : ids
}

/** Values near to what a schema’s member wants, and far from it. */
const anyValue = fc.oneof(
  fc.string({ maxLength: 300 }),
  fc.constantFrom('', ' ', '\u0000', '\ud800', '../../etc', 'https://x.example/#f', '%00', '１２', '\u202egnp.exe'),
  fc.constantFrom(-1, 0, 1.5, 2 ** 53, -(2 ** 63), 1e308, '1e999', '-0', 'null', 'true', '2026-02-30T25:61:00Z'),
  fc.boolean(),
  fc.constant(null),
  fc.array(fc.oneof(fc.string({ maxLength: 20 }), fc.integer(), fc.constant(null)), { maxLength: 5 }),
  fc.dictionary(fc.string({ maxLength: 10 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 }),
)
const anyText = fc.oneof(
  fc.string({ maxLength: 60 }),
  fc.constantFrom('-1', '1e9', '٣', '\u0000', "' or 1=1--", '%', '[]'),
)

/** The members of a SCIM resource, a patch and a bulk request, which no schema of the row names. */
const SCIM_MEMBERS = [
  ...['schemas', 'userName', 'name', 'emails', 'active', 'members', 'displayName', 'externalId', 'password', 'meta'],
  ...['Operations', 'failOnErrors', 'filter', 'startIndex', 'count', 'attributes', 'phoneNumbers', 'addresses', 'id'],
]

for (const surface of documented) {
  for (const route of nonEmpty(surface.routes, `the routes of ${surface.name}`)) {
    const name = `${surface.name}: ${route.method} ${route.path}`
    const schema = bodyOf(route)
    const members = Object.keys(schema?.properties ?? (schema ? Object.fromEntries(SCIM_MEMBERS.entries()) : {}))
    const names = surface.name === 'scim' ? SCIM_MEMBERS : members
    const queries = Object.keys(queryOf(route))

    if (schema) {
      test(`${name} answers nonsense in a body in its own words`, async () => {
        const ids = await idsFor(surface, route)
        const member = fc.constantFrom(...names, 'unknown_member', '__proto__', 'constructor')
        const nonsense = fc.dictionary(member, anyValue, { maxKeys: 5 })
        await fc.assert(
          fc.asyncProperty(nonsense, fc.boolean(), async (given, isNearlyRight) => {
            const least = isNearlyRight ? await minimalBody(route, fixture.shop, ids) : {}
            const body = { ...least, ...given }
            assertTyped(surface, await call(surface, route, ids, {}, body), body)
          }),
          { numRuns: RUNS },
        )
      })
    }

    if (queries.length > 0) {
      test(`${name} answers nonsense in a query in its own words`, async () => {
        const ids = await idsFor(surface, route)
        const nonsense = fc.dictionary(fc.constantFrom(...queries, 'unknown'), anyText)
        await fc.assert(
          fc.asyncProperty(nonsense, async (query) => {
            assertTyped(surface, await call(surface, route, ids, query), query)
          }),
          { numRuns: RUNS },
        )
        for (const query of queries) {
          const reply = await call(surface, route, ids, [
            [query, '1'],
            [query, '2'],
          ])
          assertTyped(surface, reply, `${query} twice`)
          assert.ok(reply.status >= 400, `${query} was taken twice`)
        }
      })
    }

    if (route.path.includes('{')) {
      test(`${name} finds nothing at a path of nonsense`, async () => {
        for (const text of [
          'x',
          '%00',
          '%F0%9F%92%A9',
          'usr_',
          `usr_${'z'.repeat(26)}`,
          '..%2f..',
          'a'.repeat(300),
          '%ff',
        ]) {
          const ids = [...route.path.matchAll(/\{\w+\}/g)].map(() => text)
          const reply = await call(surface, route, ids, {}, await minimalBody(route, fixture.shop, []), text)
          assertTyped(surface, reply, text)
          assert.ok(reply.status >= 400, text)
        }
      })
    }
  }
}

function call(
  surface: Surface,
  route: Route,
  ids: Ids,
  query: Record<string, string> | [string, string][] = {},
  body: unknown = undefined,
  issuerId = fixture.shop.issuerId,
): Promise<RowReply> {
  const given = body ?? (bodyOf(route) && {})
  const path = `${pathOf(route, issuerId, ids)}?${new URLSearchParams(query)}`
  return fixture.plane.server.call(route.method, path, { key: tokenFor(surface, route), body: given })
}

// As long as a row reads, which is 256 KiB unless the row says otherwise, and a little longer.
const tooLong = ({ bodyMax = 262_144 }: Route) => JSON.stringify({ name: 'x'.repeat(bodyMax) })

const MALFORMED: [what: string, body: BodyInit | typeof tooLong, type: string | null, status: number][] = [
  ['invalid UTF-8', new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 'application/json', 400],
  ['broken JSON', '{"name":', 'application/json', 400],
  ['deep JSON', `${'['.repeat(5000)}${']'.repeat(5000)}`, 'application/json', 400],
  ['more than is read', tooLong, 'application/json', 413],
  ['an unknown content type', '<a/>', 'application/xml', 415],
  ['a form', 'name=x', 'application/x-www-form-urlencoded', 415],
]

/** JSON, and not what a body is. */
const NO_OBJECTS = ['[]', '7', '"text"', 'null', '[[]]']

for (const surface of documented) {
  const writing = nonEmpty(
    surface.routes.filter(({ method }) => method !== 'GET' && method !== 'DELETE'),
    `the writing routes of ${surface.name}`,
  )

  async function raw(route: Route, body: BodyInit, type: string | null): Promise<RowReply> {
    const ids = (await sharedForRoute(surface, fixture.shop, route)).map(unknownIdLike)
    const { server } = fixture.plane
    const response = await fetch(new URL(pathOf(route, fixture.shop.issuerId, ids), server.adminUrl), {
      method: route.method,
      headers: { authorization: `Bearer ${tokenFor(surface, route)}`, ...(type && { 'content-type': type }) },
      body,
    })
    const { status, headers } = response
    return { status, headers, body: await response.json().catch(() => undefined) }
  }

  for (const [what, body, type, status] of MALFORMED) {
    test(`${surface.name}: ${what} is refused everywhere`, async () => {
      for (const route of writing) await sharedForRoute(surface, fixture.shop, route)
      const logged = await fixture.logged(fixture.shop)
      for (const route of writing) {
        const reply = await raw(route, typeof body === 'function' ? body(route) : body, type)
        assert.equal(reply.status, status, `${route.method} ${route.path}: ${JSON.stringify(reply.body)}`)
        assertTyped(surface, reply, what)
      }
      assert.equal(await fixture.logged(fixture.shop), logged)
    })
  }

  test(`${surface.name}: what is no object is refused wherever there is a body`, async () => {
    for (const route of writing.filter((one) => bodyOf(one))) {
      for (const body of NO_OBJECTS) {
        const reply = await raw(route, body, 'application/json')
        assertTyped(surface, reply, body)
        assert.ok(reply.status >= 400, `${route.method} ${route.path} took ${body}`)
      }
    }
  })

  test(`${surface.name}: what it does not serve is refused in its own words`, async () => {
    const { server } = fixture.plane
    const [base = ''] = /^(\/[a-z0-9]+)+?(?=\/[A-Za-z-]+$)/.exec(surface.routes[0]?.path ?? '') ?? []
    for (const [method, path, status] of [
      ['GET', `${base}/nothing`, 404],
      ['GET', `${base}/nothing/%00`, 404],
      ['PUT', surface.routes[0]?.path ?? '', 405],
    ] as const) {
      const reply = await server.call(method, path, { key: tokenFor(surface) })
      assert.equal(reply.status, status, `${method} ${path}`)
      wordingOf(surface.name).sentence(reply)
    }
  })
}

test('bug: a path that is too long or not UTF-8 was refused in the native API’s words, whatever API it lies under', async () => {
  for (const surface of documented) {
    for (const [text, status] of [
      ['a'.repeat(300), 404],
      ['%ff', 400],
    ] as const) {
      const path = `${surface.routes[0]?.path ?? ''}/${text}`
      const reply = await fixture.plane.server.call('GET', path, { key: tokenFor(surface) })
      assert.equal(reply.status, status, path)
      wordingOf(surface.name).sentence(reply)
    }
  }
})
