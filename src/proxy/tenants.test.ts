// Checks that the tenants behind one proxy neither take from each other nor see of each other.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type ProxyStage, startProxyStage } from '#testing/proxy.ts'

let stage: ProxyStage
/** The tenant next door: its realm, its key for the realm, and an application. */
let other: { readonly realm: string; readonly key: string; readonly applicationId: string }
before(async () => {
  stage = await startProxyStage({ env: { COUNTERSIGN_PROXY_BREAKER_FAILURES: '2' } })
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
after(() => stage.stop())

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
  const file = join(stage.server.dataDir, 'rules.yaml')
  const site = (scheme: string) => ({ public_url: `${scheme}://twice.example`, upstream: 'http://10.0.0.1' })
  writeFileSync(file, JSON.stringify({ sites: [site('http'), site('https')] }))
  await assert.rejects(
    startProxyStage({ env: { COUNTERSIGN_PROXY_RULES_FILE: file } }),
    /twice\.example is the host of two/,
  )
})
