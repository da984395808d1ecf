// The doctor of MCP: which clients would connect to a server, and what a client id is good for.
import { flawOfDocumentAddress, isDocumentAddress } from '#domain/client/client-id-url.ts'
import { readDocument } from '#domain/client/metadata-document.ts'
import { matchesRedirectUri } from '#domain/client/redirect-uri.ts'
import { Failure } from '#kernel/error.ts'
import { ApiRefusal, call } from '../api.ts'
import type { Target } from '../target.ts'
import { harmless } from '../text.ts'
import { checkNamed, type Finding } from './finding.ts'
import { MCP_CLIENTS, type McpClient } from './mcp-clients.ts'
import { play, refusalOf } from './mcp-play.ts'
import { documentAt, lookAt, type Surroundings } from './mcp-server.ts'

/** Plays every MCP client against an MCP server. @param clients whom to play */
export async function* examineMcp(url: string, clients: readonly McpClient[] = MCP_CLIENTS): AsyncIterable<Finding> {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    yield checkNamed('MCP server').fail(`${harmless(url)} is not an http or https address.`)
    return
  }
  const { findings, surroundings } = await lookAt(url)
  yield* findings
  if (!surroundings) return
  for (const client of clients) {
    const { connects, isUntried, message, remedy } = await play(client, surroundings)
    const { ok, skip, fail } = checkNamed(client.client)
    if (isUntried) yield skip(message)
    else yield connects ? ok(message) : fail(message, remedy)
  }
}

/** A client as the admin API shows it. */
interface ShownClient {
  readonly label: string
  readonly enabled: boolean
  readonly auth_method: string
  readonly grant_types: readonly string[]
  readonly redirect_uris: readonly string[]
  readonly registered_by: string
}

/**
 * Says what a client id of a realm is good for: each redirect URI is tried, and each MCP client.
 * @param realm its issuer id
 */
export async function* examineClient(
  clientId: string,
  { target, agent, realm }: { readonly target: Target; readonly agent: string; readonly realm: string },
): AsyncIterable<Finding> {
  const known = checkNamed('Client')
  const path = `/v1/realms/${encodeURIComponent(realm)}`
  let issuer: string
  let client: ShownClient | undefined
  try {
    issuer = String(((await call(target, agent, { method: 'GET', path })).body as { issuer: unknown }).issuer)
    const query = { client_id: clientId }
    const { body } = await call(target, agent, { method: 'GET', path: `${path}/clients`, query })
    client = (body as { data: ShownClient[] }).data[0]
  } catch (error) {
    if (!(error instanceof ApiRefusal)) throw error
    yield known.fail(error.message, error.status === 404 ? 'Name the realm with --realm.' : error.remedy)
    return
  }
  const { findings, surroundings } = await lookAt(issuer)
  if (!surroundings) {
    yield* findings
    return
  }
  const described = isDocumentAddress(clientId) ? await describedAt(clientId, realm, surroundings) : undefined
  if (described) yield* described.findings
  const redirectUris = described ? described.redirectUris : client?.redirect_uris
  if (!described && !client)
    yield known.fail(`The realm ${harmless(realm)} has no client ${harmless(clientId)}.`, 'countersign client list')
  if (client) yield* aboutClient(client)
  for (const uri of redirectUris ?? []) yield await tried(clientId, uri, surroundings)
  if (described || !client) return
  for (const row of MCP_CLIENTS) yield usableBy(row, client)
}

function* aboutClient({ label, enabled, grant_types: grants, registered_by: by }: ShownClient): Iterable<Finding> {
  const { ok, warn, fail } = checkNamed('Client')
  if (enabled) yield ok(`${harmless(label)} is there. Registered by: ${harmless(by)}.`)
  else yield fail(`${harmless(label)} is suspended.`, 'countersign client reactivate')
  if (!grants.includes('authorization_code')) {
    yield fail('It cannot sign users in: it does not have the grant authorization_code.', 'countersign client update')
  } else if (!grants.includes('refresh_token')) {
    yield warn('It does not have the grant refresh_token, so users sign in again when the access token expires.')
  }
}

/** What the metadata document of a client says, as the server reads it. */
async function describedAt(clientId: string, realm: string, { metadata }: Surroundings) {
  const { ok, fail } = checkNamed('Document')
  const refused = (finding: Finding) => ({ findings: [finding], redirectUris: [] as readonly string[] })
  const flaw = flawOfDocumentAddress(clientId)
  if (flaw) return refused(fail(`The client id ${flaw}.`, 'The client must use another client id.'))
  if (!metadata.client_id_metadata_document_supported) {
    const { host } = new URL(clientId)
    const remedy = `countersign realm update ${realm} --policy.client-id-metadata allow_list --policy.client-id-metadata-hosts ${host} (with the hosts of other clients, which it replaces)`
    return refused(fail('The realm does not accept metadata documents.', remedy))
  }
  const document = await documentAt(clientId)
  if (!document)
    return refused(fail('There is no JSON document at the client id.', 'The host of the client must serve it.'))
  try {
    const { redirect_uris: redirectUris = [], client_name: name } = readDocument(clientId, document)
    const finding = ok(`The document of ${harmless(name ?? clientId)} is valid.`)
    return { findings: [finding], redirectUris }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return refused(
      fail(`The document is not valid: ${harmless(error.message)}`, 'The publisher of the client must fix it.'),
    )
  }
}

async function tried(clientId: string, uri: string, surroundings: Surroundings): Promise<Finding> {
  const { ok, fail } = checkNamed('Redirect URI')
  const refusal = await refusalOf({ document: { redirect_uris: [uri] } }, surroundings, clientId)
  return refusal === undefined
    ? ok(`${harmless(uri)} leads to the sign-in page.`)
    : fail(`${harmless(uri)}: ${refusal.message}`)
}

/** Whether an MCP client could use a registered client. One that could not is no problem: the client may be for another. */
function usableBy(
  { client, document, uses }: McpClient,
  { redirect_uris: registered, auth_method: method }: ShownClient,
) {
  const { ok, skip } = checkNamed(client)
  const needed = uses ?? document.redirect_uris[0] ?? ''
  if (!matchesRedirectUri(registered, needed, { native: true })) {
    return skip(`It cannot use this client without the redirect URI ${document.redirect_uris.join(', ')}.`)
  }
  if (method === 'none') return ok('It can use this client id.')
  return method === 'client_secret'
    ? ok('It can use this client id, if the secret is typed into it.')
    : skip('It cannot use this client, which authenticates with a key of its own.')
}
