// Plays MCP clients against an authorization server: each gets a client id as the real one does, and asks for authorization.
import { createHash, randomBytes } from 'node:crypto'
import { reasonOf } from '../api.ts'
import { cut, harmless } from '../text.ts'
import type { McpClient, Way } from './mcp-clients.ts'
import { ask, type Read, type Surroundings } from './mcp-server.ts'

const TEXT_MOST = 300

/** What came of a play. */
export interface Played {
  readonly client: string
  readonly connects: boolean
  /** Whether no request was sent, because its client id is not known beforehand. */
  readonly isUntried?: boolean
  /** How it got its client id, if it did. */
  readonly way?: Way
  /** One sentence for each way that failed, or one that says what works. */
  readonly message: string
  /** What to change. */
  readonly remedy?: string
}

/**
 * Plays one client: the ways to a client id in its order, then the authorization request, up to the sign-in page. A client
 * that it registers is deleted again.
 */
export async function play(client: McpClient, at: Surroundings): Promise<Played> {
  const { client: name } = client
  if (client.inBrowser && at.blocked)
    return { client: name, connects: false, message: at.blocked, remedy: corsRemedy() }
  const refused: Refusal[] = []
  for (const way of client.ways) {
    const outcome = way === 'dynamic' ? await asDynamic(client, at) : await asDocument(client, at)
    if (outcome.refusal === undefined) {
      const { message, isUntried = false } = outcome
      return { client: name, connects: true, way, message, ...(isUntried && { isUntried }) }
    }
    refused.push({ message: outcome.refusal, ...(outcome.unfetched !== undefined && { unfetched: outcome.unfetched }) })
  }
  const message = refused.map((each) => each.message).join(' ')
  const unfetched = refused.find((each) => each.unfetched !== undefined)?.unfetched
  return { client: name, connects: false, message, remedy: remedyFor(client, at, unfetched) }
}

/** Why a request did not lead to a sign-in page. */
export interface Refusal {
  readonly message: string
  /** The id of a request whose metadata document the server could not fetch. */
  readonly unfetched?: string
}

type Outcome =
  | { readonly message: string; readonly isUntried?: boolean; readonly refusal?: undefined }
  | { readonly refusal: string; readonly unfetched?: string | undefined }

async function asDocument(client: McpClient, at: Surroundings): Promise<Outcome> {
  const { metadata, isOauthDocument } = at
  if (client.readsOnly && !isOauthDocument)
    return { refusal: 'It reads only the metadata of RFC 8414, which is not there.' }
  if (!metadata.client_id_metadata_document_supported)
    return { refusal: 'The realm does not accept metadata documents.' }
  const methods = metadata.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
  if (client.needsNone && !methods.includes('none')) {
    return { refusal: 'The realm does not accept clients that do not authenticate.' }
  }
  if (!client.clientId) {
    const message = 'It uses a metadata document, at another address for each connection, so no request was sent.'
    return { message, isUntried: true }
  }
  const refusal = await refusalOf(client, at, client.clientId)
  if (refusal === undefined) return { message: 'It uses its metadata document.' }
  return { refusal: refusal.message, unfetched: refusal.unfetched }
}

async function asDynamic(client: McpClient, at: Surroundings): Promise<Outcome> {
  const { registration_endpoint: endpoint } = at.metadata
  if (!endpoint) return { refusal: 'Clients cannot register themselves at the realm.' }
  let reply: Read
  try {
    reply = await ask(endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(client.document),
    })
  } catch (error) {
    return { refusal: `The registration failed: ${reasonOf(error)}.` }
  }
  const body = objectOf(reply.text)
  if (reply.status !== 201 || typeof body.client_id !== 'string') {
    return { refusal: `The registration was refused: ${saidBy(reply)}` }
  }
  try {
    const refusal = await refusalOf(client, at, body.client_id)
    return refusal === undefined ? { message: 'It registers itself.' } : { refusal: refusal.message }
  } finally {
    await unregister(body)
  }
}

/** RFC 7592 §2.3. */
async function unregister({ registration_client_uri: uri, registration_access_token: token }: Record<string, unknown>) {
  if (typeof uri !== 'string' || typeof token !== 'string') return
  await ask(uri, { method: 'DELETE', headers: { authorization: `Bearer ${token}` } }).catch(() => undefined)
}

/**
 * Asks for authorization as a client does.
 * @param clientId the client id that it has
 * @returns undefined if a sign-in page comes back, otherwise why not
 */
export async function refusalOf(
  { uses, document, metadata }: Pick<McpClient, 'uses' | 'document' | 'metadata'>,
  { metadata: server, resource, scopes }: Surroundings,
  clientId: string,
): Promise<Refusal | undefined> {
  const redirectUri = uses ?? (metadata ?? document).redirect_uris[0] ?? ''
  const url = new URL(server.authorization_endpoint)
  const parameters = {
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    state: randomBytes(8).toString('hex'),
    code_challenge: createHash('sha256').update(randomBytes(32)).digest('base64url'),
    code_challenge_method: 'S256',
    ...(resource && { resource }),
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  try {
    const reply = await ask(url.href, { headers: { accept: 'text/html' } })
    const location = reply.headers.get('location') ?? ''
    if (location.startsWith(redirectUri)) {
      const answer = new URL(location).searchParams
      const why = answer.get('error_description') ?? answer.get('error') ?? 'no reason'
      return { message: `The request was refused: ${harmless(why)}` }
    }
    if (reply.status < 400) return undefined
    const id = harmless(reply.headers.get('x-request-id') ?? '')
    return { message: `The request was refused: ${saidBy(reply)}`, ...(reply.status === 503 && { unfetched: id }) }
  } catch (error) {
    return { message: `The request failed: ${reasonOf(error)}.` }
  }
}

/** What a refusal says: the description of an OAuth error, the detail of an error page, or else its status. */
function saidBy({ status, text }: Read): string {
  const { error, error_description: description } = objectOf(text)
  if (typeof error === 'string') return cut(harmless(String(description ?? error)), TEXT_MOST)
  const [, detail] = /<dt>Detail<\/dt>\s*<dd>(.*?)<\/dd>/s.exec(text) ?? []
  const [, heading] = /<h1[^>]*>(.*?)<\/h1>/s.exec(text) ?? []
  const said = (detail ?? heading ?? '').replaceAll(/<[^>]+>/g, ' ').trim()
  return said ? cut(harmless(said), TEXT_MOST) : `the status is ${status}.`
}

function objectOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}

/** What to change, in the narrowest way that lets the client in. */
function remedyFor(client: McpClient, { issuer, metadata }: Surroundings, unfetched: string | undefined): string {
  const { ways, document, clientId } = client
  const realm = /\/realms\/([\w-]+)$/.exec(issuer)?.[1] ?? 'default'
  const update = `countersign realm update ${realm}`
  const host = new URL(clientId ?? String(document.client_uri ?? document.redirect_uris[0])).host
  if (unfetched !== undefined) {
    return `Let the server reach ${host}: check its DNS, proxy and firewall. countersign why ${unfetched} says what failed.`
  }
  if (ways.includes('metadata_document')) {
    if (metadata.client_id_metadata_document_supported) return `Add ${host} to client_id_metadata_hosts of the realm.`
    return `${update} --policy.client-id-metadata allow_list --policy.client-id-metadata-hosts ${host} (with the hosts of other clients, which it replaces)`
  }
  if (!metadata.registration_endpoint) {
    const uris = document.redirect_uris.join(',')
    return `${update} --policy.registration.mode approved_redirects --policy.registration.approved-redirects '${uris}' (with those of other clients, which it replaces)`
  }
  return `Register it by hand with the redirect URIs ${document.redirect_uris.join(', ')}.`
}

function corsRemedy(): string {
  return 'Add the origin of the page to allowed_origins of the realm.'
}
