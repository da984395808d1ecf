// Runs the scripts of AuthPlane’s command line against one server.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startServer, type TestServer } from '#testing/server.ts'

const ROOT = join(import.meta.dirname, '../..')

let server: TestServer
before(async () => {
  server = await startServer()
})
after(() => server?.stop())

/** What a script prints. @throws Error where it fails */
function printed(script: string): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-script-'))
  const env = {
    PATH: `${join(ROOT, 'bin')}:${process.env.PATH}`,
    ISSUER: server.url,
    COUNTERSIGN_ADMIN_URL: server.adminUrl,
    AUTHPLANE_ADMIN_API_KEY: server.adminKey,
  }
  return new Promise((resolve, reject) => {
    execFile(join(import.meta.dirname, script), { cwd: folder, env }, (error, out, err) => {
      rmSync(folder, { recursive: true })
      if (error) reject(new Error(`${script}: ${out}${err}`, { cause: error }))
      else resolve(out.trim().split('\n'))
    })
  })
}

test('a gateway exchanges tokens by a fronting link, and nobody else does', async () => {
  assert.deepEqual(await printed('gateway.sh'), [
    'A dry run: {"tools:use":["notes:read"]}.',
    'Links: 0.',
    'Links: 1.',
    'The gateway gets notes:read.',
    'More than that: invalid_scope.',
    'Another client: unauthorized_client.',
    'The API can be deleted: 1 link keeps it.',
    'Deleted everything again.',
  ])
})

test('a chain of tokens ends with the first one', async () => {
  assert.deepEqual(await printed('delegation.sh'), [
    'The last token is for third, before it second.',
    'The token of the first is active: false.',
    'The token of the second is active: false.',
    'The token of the third is active: false.',
    'Read back: revoked.',
    'Deleted everything again.',
  ])
})

test('a key rotates, a client is suspended, and the issuances tell who got what', async () => {
  assert.deepEqual(await printed('day-two.sh'), [
    'Both keys are published: true.',
    'The token is active: true.',
    'A suspended client asks for a token: invalid_client.',
    'The token is active: true.',
    'It was issued for orders:read at https://orders.example.com/.',
    'The token is active: false.',
    'Deleted everything again.',
  ])
})
