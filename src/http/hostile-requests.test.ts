// Sends requests that are made to end the server or to keep it busy.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startServer, type TestServer } from '#testing/server.ts'

let server: TestServer
before(async () => {
  server = await startServer()
})
after(() => server.stop())

const JSON_TYPE = { 'content-type': 'application/json' }
/** Normalization takes time quadratic in marks of different classes. */
const MARKS = `a${'\u0300\u0327'.repeat(25_000)}`
/** Seconds of processor time. What is refused at once takes a few hundredths; each of these took several tenths or more. */
const BUSY = 0.5

async function cpuSeconds(): Promise<number> {
  const metrics = String((await server.call('GET', '/metrics')).body)
  return Number(/^process_cpu_seconds_total (\S+)$/m.exec(metrics)?.[1])
}

/** Sends a request, asserts its status, and that it did not keep the server busy. */
async function refused(status: number, url: string, init: RequestInit): Promise<void> {
  const began = await cpuSeconds()
  const response = await fetch(url, init)
  assert.equal(response.status, status, `${url}: ${(await response.text()).slice(0, 500)}`)
  const seconds = (await cpuSeconds()) - began
  assert.ok(seconds < BUSY, `${url} took ${seconds} s of the processor`)
}

test('a path that a router could read as a pattern is a path', async () => {
  for (const path of ['*', ':a(', ':x((a+)+$)', '{x}', '%2a', '**', ':id/:id', '(.*)+']) {
    for (const base of [server.url, server.adminUrl]) {
      for (const below of ['scim/v2', 'scim/v2/Users']) {
        const { status } = await fetch(`${base}/v1/realms/${path}/${below}`)
        assert.ok([401, 404].includes(status), `${path} ${status}`)
      }
    }
  }
  assert.equal((await fetch(`${server.adminUrl}/healthz`)).status, 200)
})

test('a large body is read only for a caller that is known', async () => {
  const body = `[${'{},'.repeat(85_000)}{}]`
  const paths = ['/v1/api-keys', '/v1/realms/default/scim/v2/Users', '/api/v1/admin/users', '/v1/admin/organizations']
  for (const path of paths) {
    await refused(401, server.adminUrl + path, { method: 'POST', headers: JSON_TYPE, body })
    // Nothing is said of the body.
    await refused(401, server.adminUrl + path, { method: 'POST', headers: JSON_TYPE, body: '{' })
  }
  await refused(404, `${server.url}/oauth/register`, { method: 'POST', headers: JSON_TYPE, body })
})

test('a name that is too long is refused before it is normalized', async () => {
  const headers = { ...JSON_TYPE, authorization: `Bearer ${server.adminKey}` }
  const realm = `${server.adminUrl}/v1/realms/default`
  const post = (path: string, body: object) =>
    refused(400, realm + path, { method: 'POST', headers, body: JSON.stringify(body) })
  await post('/groups', { name: MARKS })
  await post('/roles', { name: MARKS })
  await post('/users', { email: 'ada@example.com', username: MARKS })
  await post('/users', { email: `${MARKS}@example.com` })
  await post('/users', { email: `ada@${'\ufdfa'.repeat(8_000)}` })
  const user = 'urn:ietf:params:scim:schemas:core:2.0:User'
  await post('/scim/v2/Users', { schemas: [user], userName: MARKS, displayName: MARKS })
  const filter = `userName eq "${MARKS.slice(0, 7_900)}"`
  const search = { schemas: ['urn:ietf:params:scim:api:messages:2.0:SearchRequest'], filter }
  const began = await cpuSeconds()
  await server.call('POST', '/v1/realms/default/scim/v2/Users/.search', { body: search })
  assert.ok((await cpuSeconds()) - began < BUSY)
})

test('a list that is too long and members that nobody knows are refused at once, in few words', async () => {
  const headers = { ...JSON_TYPE, authorization: `Bearer ${server.adminKey}` }
  const { id } = await server.api<{ id: string }>('POST', '/v1/realms/default/groups', { name: 'Crew' })
  const url = `${server.adminUrl}/v1/realms/default/groups`
  const userIds = JSON.stringify({ user_ids: Array(100_000).fill(1) })
  await refused(400, `${url}/${id}/members`, { method: 'POST', headers, body: userIds })
  const unknown = Object.fromEntries(Array.from({ length: 12_000 }, (_, index) => [`member${index}`, 1]))
  const body = JSON.stringify(unknown)
  await refused(400, url, { method: 'POST', headers, body })
  const answer = await (await fetch(url, { method: 'POST', headers, body })).text()
  assert.ok(answer.length < 20_000, `${answer.length} characters`)
})

test('a form with very many parameters is refused at once', async () => {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const body = Array.from({ length: 30_000 }, (_, index) => `p${index}=`).join('&')
  for (const path of ['/oauth/token', '/oauth/par', '/oauth/introspect', '/oauth/revoke', '/sign-in']) {
    await refused(400, server.url + path, { method: 'POST', headers, body })
  }
})
