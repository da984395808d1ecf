import type { RegisteredClient } from '#domain/client/client.ts'
import type { Context } from '#domain/context.ts'
import type { Parameters, RealmRequest } from '#domain/realm-request.ts'
import { networkOf } from '#domain/sign-in/sign-in-limits.ts'
import { Failure } from '#kernel/error.ts'
import { verifyAssertion } from './private-key-jwt.ts'

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
/** What a client identifier is made of (RFC 6749 §A.1). */
const VISIBLE = /^[\x20-\x7e]+$/
/** How many failures of one client from one network a minute are told to the event log. */
const FAILURES_TOLD = 20

interface Credentials {
  readonly clientId: string
  readonly secret?: string
  readonly assertion?: string
}

/**
 * The client that a request comes from (RFC 6749 §2.3, RFC 7523 §2.2).
 * @param publicToo whether a client that does not authenticate may come here
 * @throws Failure `invalid_client`, `invalid_request` for two methods at once or a page of an origin that the client is not for
 */
export async function authenticateClient(
  context: Context,
  request: RealmRequest,
  { publicToo }: { publicToo: boolean },
): Promise<RegisteredClient> {
  const credentials = readCredentials(request.headers.authorization, request.form)
  const { realm } = request
  const { clientId } = credentials
  const client = VISIBLE.test(clientId) ? await context.registry.client(realm.tenantId, realm.id, clientId) : undefined
  const found = flawOf(context, request, client, credentials)
  const flaw = found instanceof Promise ? await found : found
  if (client && flaw === undefined) {
    if (client.status !== 'active') throw new Failure('invalid_client', 'The client is suspended.')
    if (client.authMethod === 'none' && !publicToo) {
      throw new Failure('invalid_client', 'A client that does not authenticate may not use this endpoint.')
    }
    checkOrigin(client, request.headers.origin)
    return client
  }
  await tellFailure(context, request, client, flaw ?? 'unknown')
  throw new Failure('invalid_client')
}

// A browser says which page asks (Fetch Standard §3.2); a program that is no page has no reason to.
function checkOrigin({ allowedOrigins }: RegisteredClient, origin: string | string[] | undefined): void {
  if (origin === undefined || allowedOrigins.length === 0 || allowedOrigins.includes(String(origin))) return
  throw new Failure('invalid_request', 'Pages of this origin may not use this client.')
}

function flawOf(
  context: Context,
  request: RealmRequest,
  client: RegisteredClient | undefined,
  { secret, assertion }: Credentials,
): Promise<string | undefined> | string | undefined {
  const { crypto } = context
  if (!client) return 'unknown'
  if (client.authMethod === 'none') return secret === undefined && assertion === undefined ? undefined : 'method'
  if (client.authMethod === 'private_key_jwt') {
    return assertion === undefined ? 'method' : verifyAssertion(context, client, request.issuer, assertion)
  }
  if (secret === undefined || client.secretHash === null) return 'method'
  return crypto.equal(crypto.digest(secret), client.secretHash) ? undefined : 'secret'
}

// A right secret always gets in, however often others fail; what is limited is what strangers can write to the log.
async function tellFailure(
  context: Context,
  request: RealmRequest,
  client: RegisteredClient | undefined,
  why: string,
): Promise<void> {
  if (!client) return
  const key = `client-authentication ${client.id} ${networkOf(request.origin.ip)}`
  if ((await context.limiter.take(key, FAILURES_TOLD, 60)) > 0) return
  await context.write((unit) => {
    unit.emit('client_authentication.failed', {
      subject: { type: 'client', id: client.id },
      result: 'failure',
      data: { clientId: client.clientId, label: client.label, why },
    })
  })
}

function readCredentials(authorization: string | string[] | undefined, form: Parameters): Credentials {
  const basic = authorization === undefined ? undefined : readBasic(authorization)
  const [clientId, secret, assertion] = [form.get('client_id'), form.get('client_secret'), form.get('client_assertion')]
  if ([basic, secret, assertion].filter((method) => method !== undefined).length > 1) {
    throw new Failure('invalid_request', 'Use one method of client authentication.')
  }
  if (basic) {
    if (clientId !== undefined && clientId !== basic.clientId) {
      throw new Failure('invalid_request', 'client_id differs from the one in the Authorization header.')
    }
    return basic
  }
  if (assertion !== undefined) {
    if (form.get('client_assertion_type') !== ASSERTION_TYPE) {
      throw new Failure('invalid_request', `client_assertion_type must be ${ASSERTION_TYPE}.`)
    }
    return { clientId: clientId ?? subjectOf(assertion), assertion }
  }
  if (clientId === undefined) throw new Failure('invalid_client', 'The client did not say who it is.')
  return secret === undefined ? { clientId } : { clientId, secret }
}

/** RFC 6749 §2.3.1: both parts form-encoded, then joined by a colon and base64-encoded (RFC 7617 §2). */
function readBasic(header: string | string[]): Credentials {
  const [, encoded] = (typeof header === 'string' && /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(header)) || []
  const bytes = Buffer.from(encoded ?? '', 'base64')
  const text = bytes.toString()
  const colon = text.indexOf(':')
  // One credential has one spelling: bits left over and padding that is missing are nobody's (RFC 4648 §3.5).
  if (colon < 1 || bytes.toString('base64') !== encoded)
    throw new Failure('invalid_client', 'The Authorization header is not valid Basic authentication.')
  try {
    return { clientId: formDecode(text.slice(0, colon)), secret: formDecode(text.slice(colon + 1)) }
  } catch {
    throw new Failure('invalid_client', 'The Authorization header is not form-encoded.')
  }
}

function formDecode(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '))
}

function subjectOf(assertion: string): string {
  try {
    const claims = JSON.parse(Buffer.from(assertion.split('.')[1] ?? '', 'base64url').toString())
    if (typeof claims?.sub === 'string') return claims.sub
  } catch {}
  throw new Failure('invalid_client', 'The client assertion has no subject.')
}
