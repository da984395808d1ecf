// Fetches and reads the metadata documents of clients (draft-ietf-oauth-client-id-metadata-document §4, §5).
import { Failure, type FailureDetail } from '#kernel/error.ts'
import type { Context } from '../context.ts'
import { networkOf } from '../sign-in/sign-in-limits.ts'
import { checkClientKeys } from './client-keys.ts'
import { type ClientMetadata, readMetadata, refusedMember } from './client-metadata.ts'

/** The draft recommends to read no more than 5 kilobytes (§8.7). */
const BYTES_MAX = 5 * 1024
/** For how long a document is kept, whatever its HTTP headers say (§5.2). Milliseconds. */
const KEPT = { atLeast: 300_000, atMost: 3_600_000 }
const RETRY_AFTER_SECONDS = 15

// Anybody can name any address. A document that a person has approved is fetched without these budgets.
const PER_NETWORK = { limit: 30, windowSeconds: 300 }
const PER_HOST = { limit: 120, windowSeconds: 300 }
const IN_ALL = { limit: 3000, windowSeconds: 300 }

/** What only a client with a shared secret has (§4.1). */
const SECRET_MEMBERS = ['client_secret', 'client_secret_expires_at']

type Needs = Pick<Context, 'actor' | 'limiter' | 'network' | 'scope'>

/** Documents that were read, as long as they are kept. */
const readDocuments = new WeakMap<object, ClientMetadata>()

/**
 * The metadata in the document at a client id. It is fetched if it is not kept.
 * @param address a client id for which `flawOfDocumentAddress` returns no problem
 * @param options.known whether a person has approved the client; for others, requests are limited
 * @throws Failure `temporarily_unavailable` where it cannot be fetched, `invalid_client` where it is not valid,
 * `too_many_requests`
 */
export async function fetchMetadata(
  context: Needs,
  address: string,
  { known }: { readonly known: boolean },
): Promise<ClientMetadata> {
  const document = await fetchDocument(context, address, known)
  const read = readDocuments.get(document) ?? readDocument(address, document)
  readDocuments.set(document, read)
  return read
}

async function fetchDocument(context: Needs, address: string, known: boolean): Promise<object> {
  const { network, scope, actor } = context
  try {
    network.checkUrl(address)
    return (await network.fetchJson(address, {
      tenantId: scope.tenantId,
      maxAge: KEPT,
      mostBytes: BYTES_MAX,
      jsonOnly: true,
      requestId: actor.origin.requestId,
      check: (document) => void readDocument(address, document),
      ...(!known && { admit: () => admit(context, new URL(address).host) }),
    })) as object
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    if (isAboutMetadata(error)) throw invalidDocument(error)
    if (error.code !== 'unreachable_host') throw error
    const about = { step: 'client', ...(known && { clientId: address }), ...causeOf(error) }
    if (!known && error.detail.reason === 'document_invalid') throw noDocument().with(about)
    const message = 'The metadata document of the client cannot be fetched now; try again later.'
    throw new Failure('temporarily_unavailable', { ...about, message, retryAfter: RETRY_AFTER_SECONDS })
  }
}

/** What the operator learns of an address that is not fetched: the response of the host, or why it was not asked. */
function causeOf({ detail, message }: Failure): FailureDetail {
  return { rule: detail.rule ?? { policy: 'the address', value: 'one that the server may fetch', given: message } }
}

// An approved client keeps its tokens while its host shows another page for a while.
function noDocument(): Failure {
  const message = 'The host of the client_id answered, but not with a JSON document.'
  return new Failure('invalid_client', { reason: 'document_invalid', message })
}

/** Takes a request from the budgets of the caller’s network, of the host and of the installation. */
async function admit({ actor, limiter }: Needs, host: string): Promise<void> {
  const budgets = [
    [`client document network ${networkOf(actor.origin.ip)}`, PER_NETWORK],
    [`client document host ${host}`, PER_HOST],
    ['client documents', IN_ALL],
  ] as const
  for (const [key, { limit, windowSeconds }] of budgets) {
    const retryAfter = await limiter.take(key, limit, windowSeconds)
    if (retryAfter > 0) throw new Failure('too_many_requests', { retryAfter })
  }
}

/**
 * Reads a document. Members that the server does not understand are left out.
 * @throws Failure `invalid_client_metadata`, `invalid_redirect_uri`
 */
export function readDocument(address: string, document: unknown): ClientMetadata {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw new Failure('invalid_client_metadata', 'it is not a JSON object')
  }
  const given: Readonly<Record<string, unknown>> = { ...document }
  if (given.client_id !== address) throw refusedMember('client_id', 'it is not the address of the document')
  const secret = SECRET_MEMBERS.find((name) => given[name] !== undefined)
  if (secret) throw refusedMember(secret, 'everybody can read the document')
  // The document would be one more that anybody can have fetched; the host of the redirect URIs is the sector.
  if (given.sector_identifier_uri)
    throw refusedMember('sector_identifier_uri', 'the sector is the host of redirect_uris')
  const { token_endpoint_auth_method: method, token_endpoint_auth_methods_supported: methods } = given
  if (typeof method === 'string' && method.startsWith('client_secret')) {
    throw refusedMember('token_endpoint_auth_method', 'there is no shared secret')
  }
  // Without either member RFC 7591 §2 means client_secret_basic, which no such client has.
  const chosen = method || methods ? given : { ...given, token_endpoint_auth_method: 'none' }
  const metadata = readMetadata(chosen)
  if (metadata.redirect_uris === undefined || metadata.redirect_uris.length === 0) {
    throw refusedMember('redirect_uris', 'there is none')
  }
  const [flaw] = checkClientKeys(metadata.jwks ?? null)
  if (flaw) throw refusedMember(flaw.path, flaw.message)
  return metadata
}

/** Whether a failure is about what metadata says. */
export function isAboutMetadata({ code }: Failure): boolean {
  return code === 'invalid_client_metadata' || code === 'invalid_redirect_uri'
}

/** What a client is refused with whose document is not valid. @param about what is wrong with the document */
export function invalidDocument(about: Failure): Failure {
  const message = `The metadata document of the client is not valid: ${about.message}`
  return new Failure('invalid_client', { reason: 'document_invalid', message })
}
