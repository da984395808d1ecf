// Finds out what an MCP server and its authorization server say about themselves, as MCP clients do.
import { metadataUrlOf, RESOURCE_METADATA_PATH } from '#domain/resource/protected-resource.ts'
import { reasonOf } from '../api.ts'
import { harmless } from '../text.ts'
import { checkNamed, type Finding } from './finding.ts'

const TIMEOUT = 10_000
const READ_MOST = 200_000
/** The headers that clients in a browser send. */
const BROWSER_HEADERS = ['authorization', 'content-type', 'mcp-protocol-version', 'mcp-method', 'mcp-name']
const ORIGIN = 'http://localhost:6274'

/** The metadata of an authorization server, as far as clients look at it. */
export interface ServerMetadata {
  readonly issuer: string
  readonly authorization_endpoint: string
  readonly token_endpoint: string
  readonly registration_endpoint?: string
  readonly code_challenge_methods_supported?: readonly string[]
  readonly token_endpoint_auth_methods_supported?: readonly string[]
  readonly client_id_metadata_document_supported?: boolean
}

/** What is known of a server that clients are to connect to. */
export interface Surroundings {
  readonly issuer: string
  readonly metadata: ServerMetadata
  /** The metadata of RFC 8414, if it is at its address. */
  readonly isOauthDocument: boolean
  /** Why pages in a browser cannot use it. */
  readonly blocked?: string
  /** The identifier of the MCP server’s resource; undefined if only an issuer was given. */
  readonly resource?: string
  readonly scopes: readonly string[]
}

/** A response, read to its end. */
export interface Read {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/** Sends a request without following redirects. @throws Error where there is no response in time */
export async function ask(url: string, init: RequestInit = {}): Promise<Read> {
  const response = await fetch(url, { ...init, redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT) })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text: text.slice(0, READ_MOST) }
}

/** The JSON object at an address; undefined where there is none. */
export async function documentAt(url: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  try {
    const { status, text } = await ask(url, { headers: { accept: 'application/json' } })
    const value: unknown = status === 200 ? JSON.parse(text) : undefined
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch {
    return undefined
  }
}

/**
 * Looks at an MCP server and at the authorization server that it names.
 * @param url of the MCP server; the issuer of a realm is looked at without a resource
 * @returns what was found out, and the surroundings of clients if they can get that far
 */
export async function lookAt(url: string): Promise<{ findings: Finding[]; surroundings?: Surroundings }> {
  const challenge = await challengeOf(url)
  const resource = await resourceOf(url, challenge.metadataUrl)
  const issuer = resource.issuer ?? url.replace(/\/$/, '')
  const server = await serverOf(issuer)
  // A realm is a resource too, whose issuer is itself.
  const isIssuer = !resource.issuer || resource.issuer === url.replace(/\/$/, '')
  if (isIssuer && server.surroundings) return server
  const findings = [challenge.finding, resource.finding, ...(resource.issuer ? server.findings : [])]
  if (!resource.issuer || !server.surroundings) return { findings }
  // Clients ask for the scopes of the challenge, and for those of the metadata only without one.
  const scopes = challenge.scopes ?? resource.scopes
  return { findings, surroundings: { ...server.surroundings, resource: resource.identifier, scopes } }
}

/** RFC 9728 §5.1: without a token, the server says where its metadata is. */
async function challengeOf(
  url: string,
): Promise<{ finding: Finding; metadataUrl?: string; scopes?: readonly string[] | undefined }> {
  const { ok, warn, fail } = checkNamed('MCP server')
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} })
  const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
  try {
    const reply = await ask(url, { method: 'POST', headers, body })
    const header = reply.headers.get('www-authenticate') ?? ''
    const [, metadataUrl] = /resource_metadata="([^"]+)"/i.exec(header) ?? []
    const scopes = /[ ,]scope="([^"]+)"/i.exec(header)?.[1]?.split(' ').filter(Boolean)
    if (reply.status !== 401) {
      return {
        finding: fail(
          `A request without a token gets ${reply.status}, not 401, so clients do not look for a sign-in.`,
          'The MCP server must answer 401 with the header WWW-Authenticate (countersign resource metadata).',
        ),
      }
    }
    if (metadataUrl)
      return { finding: ok(`A request without a token gets 401 and ${harmless(metadataUrl)}.`), metadataUrl, scopes }
    const advice = 'Add resource_metadata to the header WWW-Authenticate (countersign resource metadata shows it).'
    return {
      finding: warn('The 401 response does not name the metadata of the resource. Some clients guess it.', advice),
      scopes,
    }
  } catch (error) {
    return { finding: fail(`${harmless(url)}: ${reasonOf(error)}.`, 'Check the address.') }
  }
}

/** RFC 9728 §3: at the address that the challenge names, else where clients guess. */
async function resourceOf(url: string, named: string | undefined) {
  const { ok, fail } = checkNamed('Resource')
  const advice = 'Serve the document that countersign resource metadata shows at its url.'
  const places = named ? [named] : [metadataUrlOf(url), new URL(RESOURCE_METADATA_PATH, url).href]
  for (const place of places) {
    const document = await documentAt(place)
    if (!document) continue
    const { resource: identifier, authorization_servers: servers, scopes_supported: scopes } = document
    const shown = harmless(place)
    if (typeof identifier !== 'string' || !isResourceOf(identifier, url)) {
      return {
        finding: fail(`${shown} is about ${harmless(String(identifier))}, not about ${harmless(url)}.`, advice),
        scopes: [],
      }
    }
    const [issuer] = Array.isArray(servers) ? servers : []
    if (typeof issuer !== 'string')
      return { finding: fail(`${shown} has no authorization_servers.`, advice), scopes: [] }
    const finding = ok(`${shown} names the issuer ${harmless(issuer)}.`)
    return { finding, issuer, identifier, scopes: Array.isArray(scopes) ? scopes.map(String) : [] }
  }
  return { finding: fail(`There is no metadata at ${places.map(harmless).join(' or ')}.`, advice), scopes: [] }
}

/** Clients accept the address itself, and one above it at the same origin. */
function isResourceOf(identifier: string, url: string): boolean {
  if (!URL.canParse(identifier)) return false
  const [of, at] = [new URL(identifier), new URL(url)]
  const above = of.pathname.endsWith('/') ? of.pathname : `${of.pathname}/`
  return of.origin === at.origin && `${at.pathname}/`.startsWith(above)
}

/** The addresses of an issuer’s metadata, in the order of MCP clients (RFC 8414 §3.1, OpenID Connect Discovery §4). */
function addressesOf(issuer: string): readonly [oauth: string, ...others: string[]] {
  const { origin, pathname } = new URL(issuer)
  const path = pathname === '/' ? '' : pathname.replace(/\/$/, '')
  const at = (name: string) => `${origin}/.well-known/${name}${path}`
  const appended = `${origin}${path}/.well-known/openid-configuration`
  const oidc = path === '' ? [appended] : [at('openid-configuration'), appended]
  return [at('oauth-authorization-server'), ...oidc]
}

async function serverOf(issuer: string): Promise<{ findings: Finding[]; surroundings?: Surroundings }> {
  const { ok, warn, fail } = checkNamed('Issuer')
  if (!URL.canParse(issuer)) return { findings: [fail(`${harmless(issuer)} is not a URL.`)] }
  const [oauth, ...others] = addressesOf(issuer)
  const documents = await Promise.all([oauth, ...others].map(documentAt))
  const document = documents.find(Boolean)
  if (!document)
    return { findings: [fail(`There is no metadata at ${harmless(oauth)}.`, 'Check authorization_servers.')] }
  const metadata = document as unknown as ServerMetadata
  if (metadata.issuer !== issuer) {
    const advice = `authorization_servers must have exactly ${harmless(String(metadata.issuer))}.`
    return {
      findings: [
        fail(`The metadata has the issuer ${harmless(String(metadata.issuer))}, not ${harmless(issuer)}.`, advice),
      ],
    }
  }
  if (!metadata.code_challenge_methods_supported?.includes('S256')) {
    return {
      findings: [fail('The metadata does not have code_challenge_methods_supported with S256. Clients stop here.')],
    }
  }
  const missing = [oauth, ...others].filter((_, at) => documents[at] === undefined)
  const all = missing.length === 0
  const blocked = await blockedBy(metadata, oauth)
  const cors = checkNamed('CORS')
  return {
    findings: [
      all
        ? ok(`The metadata of ${harmless(issuer)} is at every address that clients try.`)
        : warn(`The metadata is not at ${missing.map(harmless).join(' and ')}. Some clients look only there.`),
      blocked === undefined
        ? cors.ok('Pages in a browser can use the endpoints.')
        : cors.warn(blocked, 'Add the origins of the clients to allowed_origins of the realm, or leave it empty.'),
    ],
    surroundings: {
      issuer,
      metadata,
      isOauthDocument: documents[0] !== undefined,
      ...(blocked !== undefined && { blocked }),
      scopes: [],
    },
  }
}

/** Why pages of other origins cannot use the endpoints; undefined if they can. */
async function blockedBy(metadata: ServerMetadata, oauth: string): Promise<string | undefined> {
  const { token_endpoint: token, registration_endpoint: registration } = metadata
  for (const url of [oauth, token, ...(registration ? [registration] : [])]) {
    const headers = {
      origin: ORIGIN,
      'access-control-request-method': url === oauth ? 'GET' : 'POST',
      'access-control-request-headers': BROWSER_HEADERS.join(','),
    }
    const reply = await ask(url, { method: 'OPTIONS', headers }).catch(() => undefined)
    const allowed = (reply?.headers.get('access-control-allow-headers') ?? '').toLowerCase().split(/\s*,\s*/)
    const origins = reply?.headers.get('access-control-allow-origin')
    if (origins !== '*' && origins !== ORIGIN) return `Pages of ${ORIGIN} cannot read ${harmless(url)}.`
    const missing = BROWSER_HEADERS.filter((name) => !allowed.includes(name))
    if (missing.length > 0) return `Pages cannot send ${missing.join(', ')} to ${harmless(url)}.`
  }
  return undefined
}
