// Sends invalid input to every row of the native API.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { startServer, type TestServer } from '#testing/server.ts'
import { nativeRoutes } from './native.routes.ts'

// Whatever is sent, the answer is a typed refusal in this API's words or a success: never a 500.

let server: TestServer
before(async () => {
  server = await startServer({ env: { COUNTERSIGN_LOG_LEVEL: 'error' } })
})
after(() => server.stop())

const RUNS = 25

function pathOf(path: string): string {
  return path.replace('{issuer_id}', 'default').replace(/\{\w+\}/g, '018f0000-0000-7000-8000-000000000000')
}

function assertTyped(status: number, body: unknown, sent: unknown): void {
  assert.ok(status < 500, `${status} for ${JSON.stringify(sent)}: ${JSON.stringify(body)}`)
  if (status < 400) return
  const { error, error_description: description } = body as Record<string, unknown>
  assert.match(String(error), /^[a-z_]+$/)
  assert.ok(typeof description === 'string' && description.length > 0)
}

/** Values near to what a schema's member wants, and far from it. */
const anyValue = fc.oneof(
  fc.string({ maxLength: 300 }),
  fc.constantFrom('', ' ', '\u0000', '\ud800', '../../etc', 'https://x.example/#f', '%00', '１２', '\u202egnp.exe'),
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.array(fc.string({ maxLength: 20 }), { maxLength: 5 }),
  fc.dictionary(fc.string({ maxLength: 10 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 }),
)

for (const route of nativeRoutes) {
  if ('follow' in route.operation) continue
  const { requestBody, parameters } = route.describe()
  const members = Object.keys((requestBody as { properties?: object } | undefined)?.properties ?? {})
  const queries = (parameters as { in: string; name: string }[])
    .filter((one) => one.in === 'query')
    .map(({ name }) => name)

  test(`${route.method} ${route.path} refuses nonsense in its own words`, async () => {
    const path = pathOf(route.path)
    if (requestBody) {
      const bodies = fc.dictionary(fc.constantFrom(...members, 'unknown_member', '__proto__', 'constructor'), anyValue)
      await fc.assert(
        fc.asyncProperty(bodies, async (body) => {
          const reply = await server.call(route.method, path, { body })
          assertTyped(reply.status, reply.body, body)
        }),
        { numRuns: RUNS },
      )
    }
    if (queries.length > 0) {
      const dictionary = fc.dictionary(fc.constantFrom(...queries, 'unknown'), fc.string({ maxLength: 60 }))
      await fc.assert(
        fc.asyncProperty(dictionary, async (query) => {
          const reply = await server.call(route.method, `${path}?${new URLSearchParams(query)}`)
          assertTyped(reply.status, reply.body, query)
        }),
        { numRuns: RUNS },
      )
    }
  })
}

const writing = nativeRoutes.filter(({ method }) => method === 'POST' || method === 'PATCH')
const raw = async (method: string, path: string, body: BodyInit, type: string | null) => {
  const response = await fetch(new URL(pathOf(path), server.adminUrl), {
    method,
    headers: { authorization: `Bearer ${server.adminKey}`, ...(type && { 'content-type': type }) },
    body,
  })
  return { status: response.status, body: await response.json().catch(() => undefined) }
}

const MALFORMED: [string, BodyInit, string | null, number][] = [
  ['invalid UTF-8', new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 'application/json', 400],
  ['broken JSON', '{"name":', 'application/json', 400],
  ['deep JSON', `${'['.repeat(5000)}${']'.repeat(5000)}`, 'application/json', 400],
  ['an array', '[]', 'application/json', 400],
  ['a number', '7', 'application/json', 400],
  ['a megabyte', JSON.stringify({ name: 'x'.repeat(1_000_000) }), 'application/json', 413],
  ['an unknown content type', '<a/>', 'application/xml', 415],
  ['a form', 'name=x', 'application/x-www-form-urlencoded', 415],
]

for (const [what, body, type, expected] of MALFORMED) {
  test(`${what} is refused everywhere`, async () => {
    for (const { method, path } of writing) {
      const reply = await raw(method, path, body, type)
      assert.equal(reply.status, expected, `${method} ${path}: ${JSON.stringify(reply.body)}`)
      assertTyped(reply.status, reply.body, what)
    }
  })
}

test('a parameter that is given twice is refused', async () => {
  const { status, body } = await server.call('GET', '/v1/realms?limit=1&limit=2')
  assert.equal(status, 400)
  assertTyped(status, body, 'limit twice')
})

test('a tenant that is not there is not found, and nothing is made in it', async () => {
  for (const tenantId of ['tnt_00000000000000000000000000', 'nonsense', '018f0000-0000-7000-8000-000000000000']) {
    const reply = await server.call('POST', `/v1/realms?tenant_id=${tenantId}`, { body: { name: 'Nowhere' } })
    assert.equal(reply.status, 404)
    assertTyped(reply.status, reply.body, tenantId)
  }
})

test('an unknown path and an unknown method are refused in the same words', async () => {
  for (const [method, path, expected] of [
    ['GET', '/v1/nothing', 404],
    ['PUT', '/v1/realms', 405],
    ['DELETE', '/v1/events', 405],
    ['GET', '/v1/realms/%00', 404],
    ['GET', '/v1/realms/default//clients', 404],
    ['GET', '/V1/realms', 404],
  ] as const) {
    const reply = await server.call(method, path)
    assert.equal(reply.status, expected, `${method} ${path}`)
    assertTyped(reply.status, reply.body, path)
  }
})

test('a refusal leaves nothing behind', async () => {
  const before = await server.api<{ data: unknown[] }>('GET', '/v1/realms?limit=200')
  await server.call('POST', '/v1/realms', { body: { name: 'Good', algorithm: 'none' } })
  await server.call('POST', '/v1/realms', { body: { name: 'Good', enabled: false } })
  const afterwards = await server.api<{ data: unknown[] }>('GET', '/v1/realms?limit=200')
  assert.deepEqual(afterwards, before)
})
