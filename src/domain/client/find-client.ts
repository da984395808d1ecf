// Finds the client that a request names: a registered one, or one that has a metadata document at its client id
// (draft-ietf-oauth-client-id-metadata-document).
import { Failure, type FailureDetail } from '#kernel/error.ts'
import { type Id, PLATFORM } from '#kernel/id.ts'
import { OPENID_SCOPES } from '../authorization/authorization-request.ts'
import type { Context } from '../context.ts'
import { listed } from '../decision/rule.ts'
import { realmOf } from '../realm/realm.service.ts'
import type { Realm } from '../realm/realm.ts'
import { ADMIN_SCOPE, isPlatformScope } from '../resource/platform-api.ts'
import type { Resource } from '../resource/resource.ts'
import { type Client, ClientFields, GRANT_TYPES, type RegisteredClient } from './client.ts'
import { acceptsDocumentAt, flawOfDocumentAddress, hostOfDocument, isDocumentAddress } from './client-id-url.ts'
import { clientOfMetadata } from './client-metadata.ts'
import { fetchMetadata, invalidDocument, isAboutMetadata } from './metadata-document.ts'
import { isUsableMethod, TLS_METHODS } from './mutual-tls.ts'
import { choosableAlgorithms, ensureSigningKeys } from './signed-responses.ts'

/** What a client of a metadata document can be: nobody gave it a secret, and it acts for people only. */
const DOCUMENT_RULES = {
  authMethods: ['none', 'private_key_jwt', ...TLS_METHODS],
  grantTypes: GRANT_TYPES.filter((grant) => grant === 'authorization_code' || grant === 'refresh_token'),
} as const

/**
 * The client of a `client_id`. What the metadata document of a client says holds as it is now, not as it was when a
 * person approved the client.
 * @param options.provisionalToo whether it may be a client that nobody has approved yet, which has no row
 * @returns undefined for an unknown one, and for a document that the realm does not accept
 * @throws Failure `temporarily_unavailable` where the document cannot be fetched, `invalid_client` where it is not valid,
 * `too_many_requests`
 */
export async function findClient(
  context: Context,
  clientId: string,
  { provisionalToo }: { readonly provisionalToo: boolean },
): Promise<RegisteredClient | undefined> {
  const realm = realmOf(context.scope)
  const row = await context.registry.client(realm.tenantId, realm.id, clientId)
  if (!isDocumentAddress(clientId) || (row && row.registeredBy !== 'metadata_document')) return row
  if (!acceptsDocumentAt(realm.policy, clientId)) return undefined
  if (row ? row.status !== 'active' : !provisionalToo) return row
  const metadata = await fetchMetadata(context, clientId, { known: row !== undefined })
  const resources = await context.registry.resources(realm.tenantId)
  try {
    const described = clientOfMetadata(metadata, {
      ...DOCUMENT_RULES,
      authMethods: DOCUMENT_RULES.authMethods.filter((method) =>
        isUsableMethod(method, realm, context.registry.settings),
      ),
      algorithms: await choosableAlgorithms(context),
      encryptedRequestObjects: realm.policy.encryptedRequestObjects,
    })
    await ensureSigningKeys(context, described)
    const label = metadata.client_name ?? new URL(clientId).host
    const client = row ?? provisionalClient(context, realm, clientId)
    return { ...client, ...described, label, ...targetsOf(resources) }
  } catch (error) {
    if (error instanceof Failure && isAboutMetadata(error)) throw invalidDocument(error)
    throw error
  }
}

/** Why there is no client of an id, for its refusal: the form of the address of a document, or the policy of the realm. */
export function whyNoClient({ policy }: Pick<Realm, 'policy'>, clientId: string): FailureDetail {
  if (!isDocumentAddress(clientId)) return {}
  const flaw = flawOfDocumentAddress(clientId)
  if (flaw) return { message: `There is no client of this id, and as the URL of a metadata document it ${flaw}.` }
  const { clientIdMetadata, clientIdMetadataHosts: hosts } = policy
  const value = clientIdMetadata === 'allow_list' ? `allow_list of ${listed(hosts)}` : clientIdMetadata
  return { rule: { policy: 'policy.client_id_metadata', value, given: hostOfDocument(clientId) } }
}

/** Whether a client has no row yet, because nobody has approved it. */
export function isProvisional({ version }: Pick<Client, 'version'>): boolean {
  return version === 0
}

/** Whether an id names a client: its row, or what the client was called before it had one. */
export function isIdOfClient(context: Pick<Context, 'crypto'>, client: Client, id: Id): boolean {
  if (client.id === id) return true
  return client.registeredBy === 'metadata_document' && provisionalId(context, client) === id
}

/** The id of a client before it has a row: the same in every process, so that a request can name it (RFC 9562 §5.8). */
function provisionalId(
  { crypto }: Pick<Context, 'crypto'>,
  { realmId, clientId }: Pick<Client, 'realmId' | 'clientId'>,
): Id {
  const hex = Buffer.from(crypto.digest(`${realmId} ${clientId}`), 'base64url').toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  )
}

function provisionalClient(
  context: Pick<Context, 'crypto'>,
  { tenantId, id: realmId }: Realm,
  clientId: string,
): RegisteredClient {
  return {
    ...ClientFields.initial,
    label: clientId,
    clientId,
    id: provisionalId(context, { realmId, clientId }),
    tenantId,
    realmId,
    applicationId: '',
    secretHash: null,
    sealedSecret: null,
    registeredBy: 'metadata_document',
    registrationTokenHash: null,
    unusedUntil: null,
    about: null,
    lastUsedAt: null,
    status: 'active',
    version: 0,
    createdAt: 0,
    updatedAt: 0,
    ownership: { level: 'tenant', partnerId: null, type: null },
    agent: null,
  }
}

/** What a client can ask people for that nobody restricted: everything that does not administer the platform. */
function targetsOf(resources: ReadonlyMap<string, Resource>): Pick<Client, 'audiences' | 'scopes'> {
  const open = [...resources.values()].filter(({ id }) => id !== PLATFORM)
  const declared = open.flatMap((resource) => resource.scopes.map(({ name }) => name))
  const scopes = new Set([
    ...OPENID_SCOPES,
    ...declared.filter((name) => name !== ADMIN_SCOPE && !isPlatformScope(name)),
  ])
  return { audiences: open.map(({ identifier }) => identifier), scopes: [...scopes] }
}
