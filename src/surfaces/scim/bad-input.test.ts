// Sends invalid input to every SCIM endpoint.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { patchOf, type ScimAnswer, type ScimTenant, startScim } from '#testing/scim.ts'
import type { TestServer } from '#testing/server.ts'
import { ENTERPRISE_SCHEMA, GROUP, USER } from './attributes.ts'

// Whatever is sent, the answer is a success or a refusal in SCIM's words: never a 500.

let server: TestServer
let ours: ScimTenant
let userId: string
let groupId: string
before(async () => {
  ;({ server, ours } = await startScim())
  userId = (await ours.ask('POST', '/Users', { userName: 'somebody@example.com' })).body.id
  groupId = (await ours.ask('POST', '/Groups', { displayName: 'Somebodies' })).body.id
})
after(() => server.stop())

function assertTyped({ status, body }: ScimAnswer, sent: unknown): void {
  assert.ok(status < 500, `${status} for ${JSON.stringify(sent)}: ${JSON.stringify(body)}`)
  if (status < 400) return
  assert.deepEqual(body.schemas, ['urn:ietf:params:scim:api:messages:2.0:Error'], JSON.stringify(sent))
  assert.equal(body.status, String(status))
  assert.ok(typeof body.detail === 'string' && body.detail.length > 0)
}

const TEXTS = ['', ' ', '\u0000', '\ud800', '\u202egnp.exe', 'a@b.c', 'True', 'bulkId:x', 'usr_', 'x'.repeat(300)]
const text = fc.oneof(fc.constantFrom(...TEXTS), fc.string({ unit: 'binary', maxLength: 40 }))
const value: fc.Arbitrary<unknown> = fc.oneof(
  text,
  fc.boolean(),
  fc.constant(null),
  fc.double(),
  fc.array(
    fc.oneof(text, fc.record({ value: fc.jsonValue(), type: text, primary: fc.boolean() }, { requiredKeys: [] })),
    {
      maxLength: 3,
    },
  ),
  fc.record({ value: text, toString: fc.constant(1) }, { requiredKeys: [] }),
  fc.dictionary(
    fc.constantFrom('givenName', 'formatted', 'manager', 'value', '__proto__', 'constructor'),
    fc.jsonValue(),
    {
      maxKeys: 3,
    },
  ),
)
const names = [...USER.attributes, ...GROUP.attributes].map(({ name }) => name)
const known = [...names, ENTERPRISE_SCHEMA, 'externalId', 'id', 'meta', 'schemas', 'toString', '__proto__', 'urn:x:y']
const resource = fc.dictionary(fc.constantFrom(...known), value, { maxKeys: 6 })
const named = fc.record({ userName: fc.oneof(text, fc.emailAddress()), displayName: text }, { requiredKeys: [] })
const whole = fc.tuple(resource, named).map(([one, other]) => ({ ...one, ...other }))
const path = fc.oneof(
  fc.constantFrom(...known, 'emails[type eq "work"].value', 'name.givenName', 'members[value eq "x"]', 'emails.value'),
  text,
)
const operation = fc.record(
  { op: fc.constantFrom('add', 'Replace', 'REMOVE', 'move', 7), path, value },
  { requiredKeys: [] },
)

const RUNS = { numRuns: 150 }

for (const [noun, idOf] of [
  ['Users', () => userId],
  ['Groups', () => groupId],
] as const) {
  test(`nonsense as ${noun} is refused in SCIM’s words`, async () => {
    await fc.assert(
      fc.asyncProperty(whole, async (body) => {
        assertTyped(await ours.ask('POST', `/${noun}`, body), body)
        assertTyped(await ours.ask('PUT', `/${noun}/${idOf()}`, body), body)
      }),
      RUNS,
    )
  })

  test(`nonsense as a change of ${noun} is refused in SCIM’s words`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 3 }), async (operations) => {
        assertTyped(await ours.ask('PATCH', `/${noun}/${idOf()}`, patchOf(...operations)), operations)
        assertTyped(await ours.ask('GET', `/${noun}/${idOf()}`), operations)
      }),
      RUNS,
    )
  })

  test(`nonsense as a question about ${noun} is refused in SCIM’s words`, async () => {
    const asked = fc.dictionary(
      fc.constantFrom('filter', 'startIndex', 'count', 'attributes', 'excludedAttributes', 'sortBy', 'unknown'),
      fc.oneof(text, fc.constantFrom('id eq "\u0000"', 'displayName eq "\ud800"', 'externalId eq ""', '9e99', '-1')),
    )
    await fc.assert(
      fc.asyncProperty(
        asked,
        fc.dictionary(fc.constantFrom('filter', 'count', 'attributes'), value),
        async (query, body) => {
          const parameters = new URLSearchParams(
            Object.entries(query).map(([name, given]) => [name, given.toWellFormed()]),
          )
          assertTyped(await ours.ask('GET', `/${noun}?${parameters}`), query)
          assertTyped(await ours.ask('POST', `/${noun}/.search`, body), body)
        },
      ),
      RUNS,
    )
  })
}

test('nonsense in a bulk request is refused in SCIM’s words, each operation by itself', async () => {
  const one = fc.oneof(
    value,
    fc.record(
      {
        method: fc.constantFrom('POST', 'put', 'PATCH', 'DELETE', 'GET', 7),
        path: fc.oneof(
          text,
          fc.constantFrom('/Users', '/Groups', '/Users/bulkId:a', '/Users/x', '/Bulk', '/Users/.search'),
        ),
        bulkId: fc.oneof(fc.constantFrom('a', 'b'), value),
        version: value,
        data: fc.oneof(whole, value),
      },
      { requiredKeys: [] },
    ),
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(one, { maxLength: 4 }),
      fc.oneof(fc.constant(undefined), value),
      async (all, failOnErrors) => {
        const answer = await ours.ask('POST', '/Bulk', { Operations: all, failOnErrors })
        assertTyped(answer, all)
        for (const { status, response } of answer.body.Operations ?? []) {
          assert.ok(Number(status) < 500, JSON.stringify([all, response]))
        }
      },
    ),
    RUNS,
  )
})

test('nonsense in headers and ids is refused in SCIM’s words', async () => {
  const header = fc.oneof(fc.constantFrom('*', 'W/"v1"', '"v1"', 'W/"v99999999999999999"', '""', ','), fc.string())
  await fc.assert(
    fc.asyncProperty(header, text, async (tag, long) => {
      const id = long.slice(0, 50)
      const headers = { 'if-match': encodeURI(tag.toWellFormed()), 'if-none-match': encodeURI(tag.toWellFormed()) }
      assertTyped(
        await ours.ask('PATCH', `/Users/${userId}`, patchOf({ op: 'remove', path: 'title' }), { headers }),
        tag,
      )
      assertTyped(
        await ours.ask('GET', `/Users/${encodeURIComponent(id.toWellFormed()) || 'x'}`, undefined, { headers }),
        id,
      )
    }),
    RUNS,
  )
})
