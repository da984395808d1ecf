// Checks that the tenants behind one proxy neither take from each other nor see of each other.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type ProxyStage, startProxyStage } from '#testing/proxy.ts'

let stage: ProxyStage
let folder: string
let rulesFile: string
/** The tenant next door: its realm, its key for the realm, and an application. */
let other: { readonly realm: string; readonly key: string; readonly applicationId: string }
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-tenants-'))
  rulesFile = join(folder, 'rules.yaml')
  writeFileSync(rulesFile, 'sites: []')
  const env = { COUNTERSIGN_PROXY_BREAKER_FAILURES: '2', COUNTERSIGN_PROXY_RULES_FILE: rulesFile }
  stage = await startProxyStage({ env })
  await stage.rule('/*', { require: 'anonymous' })
  const { api } = stage.server
  const tenant = await api<{ id: string }>('POST', '/v1/tenants', { name: 'Other', slug: 'other' })
  const query = `?tenant_id=${tenant.id}`
  const { issuer_id } = await api<{ issuer_id: string }>('POST', `/v1/realms${query}`, { name: 'Other' })
  const realm = `/v1/realms/${issuer_id}`
  const { id: applicationId } = await api<{ id: string }>('POST', `${realm}/applications`, { name: 'Other' })
  const { key } = await api<{ key: string }>('POST', `/v1/api-keys${query}`, {
    ...{ name: 'Other', permissions: ['*'], reach: 'tenant' },
  })
  other = { realm, key, applicationId }
})
after(async () => {
  await stage.stop()
  rmSync(folder, { recursive: true })
})

/** What the tenant next door gets from the admin API. */
const asOther = (method: string, path: string, body?: object) =>
  stage.server.call(method, other.realm + path, { key: other.key, body })
/** Puts its application at a public URL. */
const claim = (publicUrl: string, upstream = stage.upstream.url) =>
  asOther('POST', '/proxy-sites', { application_id: other.applicationId, public_url: publicUrl, upstream })

test('a host belongs to one site, whatever the scheme and whoever asks', async () => {
  const { server, applicationId, upstream, port } = stage
  const taken = await claim(stage.site.replace('http:', 'https:'))
  assert.equal(taken.status, 409, 'the other scheme is the same host to a request')
  const site = await claim('https://moves.example')
  const { id } = site.body as { id: string }
  const moved = await asOther('PATCH', `/proxy-sites/${id}`, { public_url: `https://app.localhost:${port}` })
  assert.equal(moved.status, 409, 'a site does not move there either')
  assert.equal((await claim('http://moves.example:443')).status, 409, 'port 443 goes without saying')
  assert.equal((await stage.ask('/mine')).json.url, '/mine')
  assert.equal((await asOther('DELETE', `/proxy-sites/${id}`)).status, 204)
  const given = { application_id: applicationId, public_url: 'http://moves.example', upstream: upstream.url }
  const free = await server.call('POST', '/v1/realms/default/proxy-sites', { body: given })
  assert.equal(free.status, 201, 'a host is free again when its site is deleted')
})

test('a file with two sites at one host is refused', async () => {
  const file = join(folder, 'twice.yaml')
  const site = (scheme: string) => ({ public_url: `${scheme}://twice.example`, upstream: 'http://10.0.0.1' })
  writeFileSync(file, JSON.stringify({ sites: [site('http'), site('https')] }))
  await assert.rejects(
    startProxyStage({ env: { COUNTERSIGN_PROXY_RULES_FILE: file } }),
    /twice\.example is the host of two/,
  )
})

test('an upstream that fails at one site does not close it for the site of somebody else', async () => {
  const { port, upstream } = stage
  const dead = 'http://127.0.0.1:9'
  const host = `dead.localhost:${port}`
  const { body } = await claim(`http://${host}`, dead)
  const { id } = body as { id: string }
  await asOther('POST', '/proxy-rules', { name: 'All', path: '/*', require: 'anonymous' })
  const own = { application_id: stage.applicationId, public_url: `http://own.localhost:${port}`, upstream: dead }
  await stage.server.api('POST', '/v1/realms/default/proxy-sites', own)
  const statuses = []
  for (let count = 0; count < 4; count++) statuses.push((await stage.ask('/x', { host })).status)
  assert.deepEqual(statuses, [502, 502, 503, 503], 'two failures open the breaker')
  const mine = await stage.ask('/x', { host: `own.localhost:${port}` })
  assert.equal(mine.status, 502, 'the site next door is tried for itself')
  const moved = await asOther('PATCH', `/proxy-sites/${id}`, { upstream: upstream.url })
  assert.deepEqual([moved.status, (await stage.ask('/x', { host })).status], [200, 200], 'another upstream begins anew')
})

test('a key of a tenant sees its realm, and nothing of the process', async () => {
  const { server } = stage
  writeFileSync(rulesFile, 'sites: nothing')
  assert.equal((await server.call('POST', '/v1/proxy/reload')).status, 409)
  const path = '/v1/realms/default/proxy/lifecycle'
  const operator = await server.api<{ last_error: string | null }>('GET', path)
  assert.match(operator.last_error ?? '', /rules\.yaml cannot be used/)
  const shown = await asOther('GET', '/proxy/lifecycle')
  const { last_error, rules_loaded } = shown.body as { last_error: string | null; rules_loaded: number }
  assert.deepEqual([shown.status, last_error, rules_loaded], [200, null, 1], 'only its own rule')
  const headers = { authorization: 'Bearer no.real.token' }
  assert.equal((await stage.ask('/x', { headers })).status, 200)
  const known = async (status: Promise<{ body: unknown }>) =>
    ((await status).body as { cached_strangers: number }).cached_strangers
  const operators = server.call('GET', '/v1/realms/default/proxy/status')
  assert.deepEqual([await known(operators), await known(asOther('GET', '/proxy/status'))], [1, 0])
  writeFileSync(rulesFile, 'sites: []')
})

test('rules of a realm are listed once however many sites it has, and page by page', async () => {
  const rules = ['/one', '/two', '/three'].map((path) => ({ name: path, path, priority: 5 }))
  for (const rule of rules) await asOther('POST', '/proxy-rules', rule)
  for (const name of ['a', 'b', 'c']) await claim(`https://${name}.example`)
  await asOther('POST', '/proxy-rules', { name: 'Own', path: '/own', application_id: other.applicationId })
  type Listed = { data: { path: string; public_url: string | null }[]; next_cursor: string | null }
  const found: Listed['data'] = []
  let cursor: string | null = ''
  for (let pages = 0; cursor !== null; pages++) {
    const query: string = cursor && `&cursor=${cursor}`
    const { body } = await asOther('GET', `/proxy/rules?limit=3${query}`)
    const page = body as Listed
    assert.ok(page.data.length <= 3 && pages < 10)
    found.push(...page.data)
    cursor = page.next_cursor
  }
  const of = (site: boolean) => found.filter(({ public_url }) => (public_url !== null) === site).map(({ path }) => path)
  assert.deepEqual([of(false), of(true)], [['/one', '/two', '/three', '/*'], Array(4).fill('/own')])
  assert.equal((await asOther('GET', '/proxy/rules?cursor=nothing')).status, 400)
})
