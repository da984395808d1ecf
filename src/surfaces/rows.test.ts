// Checks how rows translate between the wire and operations.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as z from 'zod'
import { operation, streamOperation } from '#domain/context.ts'
import { idOf, idOut, time } from '#kernel/field.ts'
import { Content } from './content.ts'
import { csv, file, html, jsonText, redirect } from './reply.ts'
import { json, ok, representation, rows } from './scaikey/dialect.ts'
import type { Route, WireRequest } from './surface.ts'

// The core of rows, with operations that nothing else has: answers that are no JSON, files that are sent, other callers.

const ID = '0190e7a0-0000-7000-8000-000000000000'
const base = { summary: '', permission: 'users:read', reach: 'realm', errors: [], events: [] } as const
const View = z.object({
  id: idOut('user'),
  kind: z.enum(['big', 'small']),
  madeAt: time,
  notes: z.record(z.string(), z.unknown()),
})
const In = z.strictObject({
  id: idOf('user').optional(),
  kind: z.enum(['big', 'small']).optional(),
  logo: z.file().max(100).optional(),
})
const thing = operation({
  ...base,
  name: 'thing.get',
  input: In,
  output: View,
  run: async () => ({ id: ID, kind: 'big' as const, madeAt: 0, notes: {} }),
})
const stream = streamOperation({
  ...base,
  name: 'thing.follow',
  input: z.strictObject({}),
  output: View,
  follow: async function* () {},
})

const row = rows({ scope: async (_request, places) => places.platform() })
const sent = (more: Partial<WireRequest>): WireRequest => ({
  method: 'POST',
  path: '/',
  params: {},
  query: {},
  headers: {},
  body: undefined,
  ...more,
})
const about = {} as Parameters<Route['toInput']>[1]
const value = { id: ID, kind: 'big' as const, madeAt: 0, notes: { a: 1 } }

test('a thing is written and read by one spelling', () => {
  const it = representation(View, { names: { madeAt: 'born' }, codecs: { notes: jsonText(z.string()) } }, {})
  const route = row('PATCH /x/{id}', thing, ok(it))
  assert.deepEqual((route.toReply(value, sent({})).body as { data: object }).data, {
    id: 'usr_01j3kt0000e008000000000000',
    kind: 'BIG',
    born: '1970-01-01T00:00:00.000Z',
    notes: '{"a":1}',
  })
  assert.deepEqual(route.toInput(sent({ body: { kind: 'SMALL', other: 1 }, params: { id: ID } }), about), {
    kind: 'small',
    id: ID,
  })
  assert.throws(() => route.toInput(sent({ body: {}, params: { id: 'prt_x' } }), about), /The object does not exist/)
})

test('an answer may be a file, a page, a way elsewhere or a table that comes line by line', async () => {
  const png = row(
    'GET /logo',
    thing,
    file('image/png', () => ({ chunks: new Uint8Array([1]), headers: { etag: '"1"' } })),
  )
  const { body, headers } = png.toReply(value, sent({}))
  assert.ok(body instanceof Content && body.type === 'image/png' && headers?.etag === '"1"')
  assert.equal(png.describe().replyType, 'image/png')
  const page = row(
    'GET /page',
    thing,
    html(({ kind }) => `<p>${kind}</p>`),
  ).toReply(value, sent({})).body
  assert.ok(page instanceof Content && page.chunks === '<p>big</p>')
  const away = row(
    'GET /connect',
    thing,
    redirect(({ kind }) => `https://a.example/${kind}`),
  )
  assert.deepEqual([away.status, away.toReply(value, sent({})).headers], [302, { location: 'https://a.example/big' }])
  const table = row(
    'GET /table',
    stream,
    csv<z.output<typeof View>>(() => 'things.csv', { id: ({ id }) => id, kind: ({ kind }) => `=${kind}, "x"` }),
  )
  const reply = table.toStream?.(
    (async function* () {
      yield value
    })(),
    sent({}),
  )
  assert.ok(reply?.body instanceof Content)
  let text = ''
  for await (const chunk of reply.body.chunks as AsyncIterable<string>) text += chunk
  assert.equal(text, `id,kind\r\n${ID},"'=big, ""x"""\r\n`)
})

test('a form may bring a file; a row may let in others than its surface', async () => {
  const said = json(z.object({ ok: z.literal(true) }), () => ({ ok: true as const }))
  const person: Route['authenticate'] = async (request, authenticators) => authenticators.adminSession(request)
  const route = row('POST /logo', thing, said, {
    requestType: 'multipart/form-data',
    authenticate: person,
    pick: ['logo'],
  })
  const logo = new File(['x'], 'l.png', { type: 'image/png' })
  assert.deepEqual(route.toInput(sent({ body: { logo } }), about), { logo })
  assert.equal(route.describe().requestType, 'multipart/form-data')
  assert.equal(route.authenticate, person)
})

test('two members cannot have one wire name', () => {
  const twice = row('POST /x', thing, ok(representation(View, { omit: ['madeAt', 'notes'] })), {
    accept: ['logo'],
    names: { logo: 'kind' },
  })
  assert.throws(() => twice.describe(), /The members kind and logo have the same wire name kind/)
  const alias = { names: { kind: 'size' }, aliases: { madeAt: 'size' } }
  assert.throws(() => representation(View, alias), /kind and madeAt have the same wire name size/)
})

test('a member that neither the representation shows nor the row names is not accepted', () => {
  const plain = row('POST /x', thing, ok(representation(View, { pick: ['id'] })))
  assert.deepEqual(plain.toInput(sent({ body: { kind: 'BIG' } }), about), {})
  const accepting = row('POST /x', thing, ok(representation(View, { pick: ['id'] })), { accept: ['kind'] })
  assert.deepEqual(accepting.toInput(sent({ body: { kind: 'BIG' } }), about), { kind: 'big' })
})
