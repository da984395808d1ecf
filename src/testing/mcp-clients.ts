// The MCP clients of the doctor for tests, and the page that says what comes of them.
import { MCP_CLIENTS, type McpClient } from '#cli/doctor/mcp-clients.ts'
import { type Played, play } from '#cli/doctor/mcp-play.ts'
import { lookAt } from '#cli/doctor/mcp-server.ts'
import type { DocumentHost } from './document-host.ts'
import type { TestServer } from './server.ts'

/** The clients, with their metadata documents at a host of the tests instead of their own. */
export function clientsAt(host: DocumentHost): readonly McpClient[] {
  return MCP_CLIENTS.map((row, at) => {
    if (!row.metadata) return row
    const path = `/${at}/client.json`
    const document = { client_id: `${host.origin}${path}`, ...row.metadata }
    return { ...row, clientId: host.publish(path, { document }) }
  })
}

/** How realms of the page let clients in. */
const REALMS = [
  { name: 'documents', policy: { client_id_metadata: 'any_https' } },
  { name: 'registration', policy: { registration: { mode: 'open' } } },
  { name: 'both', policy: { client_id_metadata: 'any_https', registration: { mode: 'open' } } },
  { name: 'neither', policy: {} },
] as const
type Column = (typeof REALMS)[number]['name']

/** What came of each client at each kind of realm. */
export type Results = ReadonlyMap<string, Readonly<Record<Column, Played>>>

/** Plays every client against a realm of each kind. */
export async function playEverywhere(server: TestServer, host: DocumentHost): Promise<Results> {
  const clients = clientsAt(host)
  const results = new Map<string, Record<string, Played>>(clients.map(({ client }) => [client, {}]))
  for (const { name, policy } of REALMS) {
    const { issuer } = await server.api<{ issuer: string }>('POST', '/v1/realms', { name, policy })
    const { surroundings } = await lookAt(issuer)
    if (!surroundings) throw new Error(`${issuer} has no metadata`)
    for (const client of clients) {
      const of = results.get(client.client) as Record<string, Played>
      of[name] = await play(client, surroundings)
    }
  }
  return results as unknown as Results
}

const WAYS = { metadata_document: 'metadata document', dynamic: 'registers itself' } as const

/** The page docs/mcp-clients.md. */
export function clientsPage(results: Results): string {
  const cell = ({ connects, way }: Played) => (connects ? `yes: ${way ? WAYS[way] : ''}` : 'no')
  const rows = MCP_CLIENTS.map(({ client, ways }) => {
    const of = results.get(client) as Readonly<Record<Column, Played>>
    const order = ways.map((way) => WAYS[way]).join(', then ')
    return `| ${client} | ${order} | ${REALMS.map(({ name }) => cell(of[name])).join(' | ')} |`
  })
  const sections = MCP_CLIENTS.map(
    ({ client, quirks, clientId, metadata, document, uses }) => `### ${client}

${quirks.map((quirk) => `- ${quirk}`).join('\n')}
${clientId ? `\nClient id: \`${clientId}\`\n` : ''}${uses ? `\nThe redirect URI of a request: \`${uses}\`\n` : ''}
${metadata ? `Metadata document:\n\n${fenced(metadata)}\n\n` : ''}Registration document:

${fenced(document)}
`,
  )
  return `<!-- Written by node tools/mcp-clients.ts. Do not edit. -->

# MCP clients

What MCP clients send to an authorization server, and what comes of it. A test plays each client against a running server, as
\`countersign doctor mcp\` does: the client gets a client id in its own way, and asks for authorization with its redirect URI. The
documents are those that the clients were seen to use; metadata documents are served by the test.

| client | how it gets a client id | realm that accepts metadata documents | realm with open registration | realm with both | realm with neither |
| --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

Every client can also use a client that an administrator registered with its redirect URIs; \`countersign doctor client\` checks that.
The settings are \`client_id_metadata\` and \`registration.mode\` of the realm's policy ([protocol](protocol.md#client-registration)).

## The clients

${sections.join('\n')}`
}

function fenced(document: object): string {
  return `\`\`\`json\n${JSON.stringify(document, null, 2)}\n\`\`\``
}
