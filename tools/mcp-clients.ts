// Writes docs/mcp-clients.md: plays each MCP client against a server.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TEST_CERTIFICATE } from '#testing/certificate.ts'
import { startDocumentHost } from '#testing/document-host.ts'
import { clientsPage, playEverywhere } from '#testing/mcp-clients.ts'
import { startServer } from '#testing/server.ts'

const folder = mkdtempSync(join(tmpdir(), 'countersign-mcp-clients-'))
writeFileSync(join(folder, 'certificate.pem'), TEST_CERTIFICATE.cert)
const host = await startDocumentHost()
const server = await startServer({ env: { NODE_EXTRA_CA_CERTS: join(folder, 'certificate.pem') } })
try {
  const page = new URL('../docs/mcp-clients.md', import.meta.url)
  writeFileSync(page, clientsPage(await playEverywhere(server, host)))
} finally {
  await server.stop()
  await host[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
}
