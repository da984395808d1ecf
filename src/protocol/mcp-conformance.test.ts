// The authorization server scenarios of the MCP conformance suite, with each way in which MCP clients are known.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { TEST_CERTIFICATE } from '#testing/certificate.ts'
import { type DocumentHost, startDocumentHost } from '#testing/document-host.ts'
import { runConformance } from '#testing/mcp-conformance.ts'
import { freePort, startServer, type TestServer } from '#testing/server.ts'
import type { Person } from '#testing/user-agent.ts'

const RESOURCE = 'https://mcp.example/mcp'
const METADATA_CHECKS = ['authorization-server-metadata', 'authorization-server-metadata-cimd']
const CODE = { grant_types: ['authorization_code', 'refresh_token'] }

let folder: string
let server: TestServer
let host: DocumentHost
let realm: { readonly issuer_id: string; readonly issuer: string }

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-conformance-'))
  const certificate = join(folder, 'certificate.pem')
  writeFileSync(certificate, TEST_CERTIFICATE.cert)
  host = await startDocumentHost()
  server = await startServer({ env: { NODE_EXTRA_CA_CERTS: certificate } })
  realm = await server.api('POST', '/v1/realms', {
    name: 'Conformance',
    policy: { client_id_metadata: 'any_https', registration: { mode: 'open' } },
  })
  await server.api('POST', '/v1/resources', { identifier: RESOURCE, scopes: [{ name: 'notes:read' }] })
})
after(async () => {
  await server.stop()
  await host[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})

async function newPerson(): Promise<Person> {
  const person = { email: `${crypto.randomUUID()}@example.com`, password: 'correct horse battery staple' }
  await server.api('POST', `/v1/realms/${realm.issuer_id}/users`, person)
  return person
}

async function assertConforms(clientId: string, port: number, resource?: string): Promise<void> {
  const run = { issuer: realm.issuer, clientId, port, person: await newPerson(), ...(resource && { resource }) }
  const { code, checks } = await runConformance(run)
  const failed = checks.filter(({ status }) => status !== 'SUCCESS')
  assert.deepEqual(failed, [])
  assert.deepEqual(checks.map(({ id }) => id).sort(), [...METADATA_CHECKS, 'authorization-code-grant'].sort())
  assert.equal(code, 0)
}

test('MC-06 a client with a metadata document conforms, with a resource and without', async () => {
  const port = await freePort()
  const redirect = { redirect_uris: [`http://127.0.0.1:${port}/callback`] }
  await assertConforms(host.client('/with.json', redirect), port, RESOURCE)
  await assertConforms(host.client('/without.json', redirect), port)
})

test('MC-06 a client that registered itself conforms, with a resource and without', async () => {
  const port = await freePort()
  const register = async () => {
    const response = await fetch(`${realm.issuer}/oauth/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        ...CODE,
        client_name: 'Conformance suite',
        redirect_uris: [`http://127.0.0.1:${port}/callback`],
        token_endpoint_auth_method: 'none',
        application_type: 'native',
      }),
    })
    assert.equal(response.status, 201)
    return ((await response.json()) as { client_id: string }).client_id
  }
  await assertConforms(await register(), port, RESOURCE)
  await assertConforms(await register(), port)
})

test('MC-06 a client that an administrator registered conforms, with a resource and without', async () => {
  const port = await freePort()
  const { client_id: clientId } = await server.api<{ client_id: string }>(
    'POST',
    `/v1/realms/${realm.issuer_id}/clients`,
    {
      ...CODE,
      label: 'Conformance suite',
      auth_method: 'none',
      scopes: ['openid', 'notes:read'],
      audiences: [RESOURCE],
      redirect_uris: [`http://127.0.0.1:${port}/callback`],
    },
  )
  await assertConforms(clientId, port, RESOURCE)
  await assertConforms(clientId, port)
})
