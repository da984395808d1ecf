// Checks SCIM bulk requests.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { filtered, patchOf, type ScimTenant, startScim } from '#testing/scim.ts'
import type { TestServer } from '#testing/server.ts'

let server: TestServer
let ours: ScimTenant
let theirs: ScimTenant
before(async () => {
  ;({ server, ours, theirs } = await startScim())
})
after(() => server.stop())

interface Done {
  method: string
  bulkId?: string
  location?: string
  version?: string
  status: string
  response?: { status: string; scimType?: string; detail: string }
}

async function bulk(Operations: unknown[], more: object = {}, key = ours.key): Promise<Done[]> {
  const schemas = ['urn:ietf:params:scim:api:messages:2.0:BulkRequest']
  const { status, body } = await ours.ask('POST', '/Bulk', { schemas, Operations, ...more }, { key })
  assert.equal(status, 200, JSON.stringify(body))
  assert.deepEqual(body.schemas, ['urn:ietf:params:scim:api:messages:2.0:BulkResponse'])
  return body.Operations
}

const statuses = (done: readonly Done[]) => done.map(({ status }) => status)
const post = (bulkId: string, data: object, path = '/Users') => ({ method: 'POST', path, bulkId, data })
const idOf = ({ location = '' }: Done) => location.split('/').at(-1) ?? ''

test('operations of every kind, whose failures are their own', async () => {
  const { body: old } = await ours.ask('POST', '/Users', { userName: 'old@example.com' })
  const done = await bulk([
    post('qwerty', { userName: 'alice@example.com' }),
    post('taken', { userName: 'ALICE@example.com' }),
    { method: 'PUT', path: `/Users/${old.id}`, version: 'W/"v1"', data: { userName: 'old2@example.com' } },
    { method: 'PATCH', path: `/Users/${old.id}`, version: 'W/"v1"', data: patchOf({ op: 'remove', path: 'title' }) },
    { method: 'patch', path: `/Users/${old.id}`, data: patchOf({ op: 'replace', value: { active: false } }) },
    { method: 'DELETE', path: '/Users/bulkId:qwerty' },
    { method: 'DELETE', path: '/Users/usr_00000000000000000000000000' },
    { method: 'GET', path: '/Users' },
    { method: 'POST', path: '/Users' },
    { method: 'POST', path: '/Schemas', bulkId: 'x', data: {} },
    'nonsense',
    null,
  ])
  assert.deepEqual(statuses(done), [
    ...['201', '409', '200', '412', '200', '204', '404', '400', '400', '400', '400', '400'],
  ])
  const [created, taken] = done
  assert.deepEqual([created?.method, created?.bulkId, created?.version], ['POST', 'qwerty', 'W/"v1"'])
  assert.equal(taken?.response?.scimType, 'uniqueness')
  assert.equal((await ours.ask('GET', `/Users/${old.id}`)).body.active, false)
  assert.equal((await ours.ask('GET', filtered('/Users', 'userName eq "alice@example.com"'))).body.totalResults, 0)
})

test('what one creates others name, before it and behind it', async () => {
  const done = await bulk([
    post('team', { displayName: 'Team', members: [{ value: 'bulkId:a' }, { value: 'bulkId:inner' }] }, '/Groups'),
    post('a', { userName: 'ann@example.com' }),
    post('inner', { displayName: 'Inner', members: [{ value: 'bulkId:a' }] }, '/Groups'),
    { method: 'PATCH', path: '/Users/bulkId:a', data: patchOf({ op: 'add', path: 'title', value: 'bulkId-less' }) },
  ])
  assert.deepEqual(statuses(done), ['201', '201', '201', '200'])
  const [team, ann, inner] = done.map(idOf)
  const { body } = await ours.ask('GET', `/Groups/${team}`)
  assert.deepEqual(
    body.members.map(({ value }: { value: string }) => value),
    [ann, inner],
  )
  const circle = await bulk([
    post('x', { displayName: 'X', members: [{ value: 'bulkId:y' }] }, '/Groups'),
    post('y', { displayName: 'Y', members: [{ value: 'bulkId:x' }] }, '/Groups'),
    post('z', { displayName: 'Z', members: [{ value: 'bulkId:unknown' }] }, '/Groups'),
  ])
  assert.deepEqual(statuses(circle), ['409', '409', '400'])
  const failed = await bulk([
    post('bad', { userName: 'no address' }),
    post('g', { displayName: 'G', members: [{ value: 'bulkId:bad' }] }, '/Groups'),
  ])
  assert.deepEqual(statuses(failed), ['400', '400'])
})

test('it ends after as many failures as it may have', async () => {
  const Operations = [
    { method: 'DELETE', path: '/Users/none' },
    post('one', { userName: 'one@example.com' }),
    { method: 'DELETE', path: '/Groups/none' },
    post('two', { userName: 'two@example.com' }),
  ]
  assert.deepEqual(statuses(await bulk(Operations, { failOnErrors: 2 })), ['404', '201', '404'])
  assert.equal((await ours.ask('GET', filtered('/Users', 'userName eq "two@example.com"'))).body.totalResults, 0)
})

test('each needs its own permission and stays in its tenant', async () => {
  const { body: stranger } = await theirs.ask('POST', '/Users', { userName: 'stranger@example.com' })
  const key = await ours.makeKey(['users:write'])
  const done = await bulk(
    [
      post('u', { userName: 'permitted@example.com' }),
      post('g', { displayName: 'Not permitted' }, '/Groups'),
      { method: 'DELETE', path: `/Users/${stranger.id}` },
    ],
    {},
    key,
  )
  assert.deepEqual(statuses(done), ['201', '403', '404'])
  assert.equal((await theirs.ask('GET', `/Users/${stranger.id}`)).status, 200)
})

test('what is no bulk request, or too much of one, is refused whole', async () => {
  for (const [body, status, scimType] of [
    [{}, 400, 'invalidSyntax'],
    [[], 400, 'invalidSyntax'],
    [{ Operations: {} }, 400, 'invalidSyntax'],
    [{ Operations: [], failOnErrors: 0 }, 400, 'invalidSyntax'],
    [{ Operations: Array.from({ length: 1_001 }, () => ({ method: 'DELETE', path: '/Users/x' })) }, 413, undefined],
    [{ Operations: [post('big', { userName: 'x'.repeat(300_000) })] }, 413, undefined],
  ] as const) {
    const answer = await ours.ask('POST', '/Bulk', body)
    assert.deepEqual([answer.status, answer.body.scimType], [status, scimType])
    assert.deepEqual(answer.body.schemas, ['urn:ietf:params:scim:api:messages:2.0:Error'])
  }
  assert.deepEqual(await bulk([]), [])
})

test('a bulk request that is repeated with its key is done once', async () => {
  const body = { Operations: [post('again', { userName: 'again@example.com' })] }
  const headers = { 'idempotency-key': 'once' }
  const first = await ours.ask('POST', '/Bulk', body, { headers })
  const second = await ours.ask('POST', '/Bulk', body, { headers })
  assert.deepEqual(second.body, first.body)
  assert.equal(second.headers.get('idempotency-replayed'), 'true')
})
