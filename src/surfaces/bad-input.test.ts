import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { type Isolation, openIsolation, sharedThing } from '#testing/isolation.ts'
import { type RowReply, wordingOf } from '#testing/refusals.ts'
import { leastBody, pathOf } from '#testing/row-request.ts'
import { bodyOf, queryOf } from '#testing/row-schema.ts'
import { type Ids, nobodyLike } from '#testing/things.ts'
import type { Route, Surface } from './surface.ts'
import { everySurface } from './surfaces.ts'

// Whatever is sent to a row of the documented APIs, the answer is a success or an error in that API’s form: never a 500.
// The native API’s rows have the same in native/bad-input.test.ts.

let scene: Isolation
before(async () => {
  scene = await openIsolation()
})
after(() => scene[Symbol.asyncDispose]())

const RUNS = 25

const [, ...documented] = await everySurface()

/** Somebody whom a surface takes, so that what is wrong is the request. */
const CALLERS: Readonly<Record<string, string>> = {
  scaikey: 'super_admin',
  zautha: 'tenant_admin',
  scim: 'tenant key',
}

function tokenFor({ name }: Surface): string {
  return scene.tokenOf(CALLERS[name] ?? 'tenant_admin')
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
  const ids = await sharedThing(surface, scene.shop, route)
  return route.method === 'DELETE' ? ids.map(nobodyLike) : ids
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
  for (const route of surface.routes) {
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
            const least = isNearlyRight ? await leastBody(route, scene.shop, ids) : {}
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
          const reply = await call(surface, route, ids, {}, await leastBody(route, scene.shop, []), text)
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
  issuerId = scene.shop.issuerId,
): Promise<RowReply> {
  const given = body ?? (bodyOf(route) && {})
  const path = `${pathOf(route, issuerId, ids)}?${new URLSearchParams(query)}`
  return scene.plane.server.call(route.method, path, { key: tokenFor(surface), body: given })
}

const MALFORMED: [what: string, body: BodyInit, type: string | null, status: number][] = [
  ['invalid UTF-8', new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 'application/json', 400],
  ['broken JSON', '{"name":', 'application/json', 400],
  ['deep JSON', `${'['.repeat(5000)}${']'.repeat(5000)}`, 'application/json', 400],
  ['a megabyte', JSON.stringify({ name: 'x'.repeat(1_000_000) }), 'application/json', 413],
  ['an unknown content type', '<a/>', 'application/xml', 415],
  ['a form', 'name=x', 'application/x-www-form-urlencoded', 415],
]

/** JSON, and not what a body is. */
const NO_OBJECTS = ['[]', '7', '"text"', 'null', '[[]]']

for (const surface of documented) {
  const writing = surface.routes.filter(({ method }) => method !== 'GET' && method !== 'DELETE')

  async function raw(route: Route, body: BodyInit, type: string | null): Promise<RowReply> {
    const ids = (await sharedThing(surface, scene.shop, route)).map(nobodyLike)
    const { server } = scene.plane
    const response = await fetch(new URL(pathOf(route, scene.shop.issuerId, ids), server.adminUrl), {
      method: route.method,
      headers: { authorization: `Bearer ${tokenFor(surface)}`, ...(type && { 'content-type': type }) },
      body,
    })
    const { status, headers } = response
    return { status, headers, body: await response.json().catch(() => undefined) }
  }

  for (const [what, body, type, status] of MALFORMED) {
    test(`${surface.name}: ${what} is refused everywhere`, async () => {
      for (const route of writing) await sharedThing(surface, scene.shop, route)
      const logged = await scene.logged(scene.shop)
      for (const route of writing) {
        const reply = await raw(route, body, type)
        assert.equal(reply.status, status, `${route.method} ${route.path}: ${JSON.stringify(reply.body)}`)
        assertTyped(surface, reply, what)
      }
      assert.equal(await scene.logged(scene.shop), logged)
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
    const { server } = scene.plane
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
      const reply = await scene.plane.server.call('GET', path, { key: tokenFor(surface) })
      assert.equal(reply.status, status, path)
      wordingOf(surface.name).sentence(reply)
    }
  }
})
