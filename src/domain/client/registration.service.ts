// Decides about clients that register themselves (RFC 7591) and manage their registration (RFC 7592).
import { columnOf } from '#kernel/declaration.ts'
import { Failure } from '#kernel/error.ts'
import { applicationNamed } from '../application/application.service.ts'
import type { Context, Unit } from '../context.ts'
import {
  consumeInitialAccessToken,
  isUsableInitialToken,
  unknownInitialToken,
} from '../initial-access-token/initial-access-token.service.ts'
import { profileOf } from '../realm/profile.ts'
import { realmOf } from '../realm/realm.service.ts'
import type { Realm } from '../realm/realm.ts'
import { networkOf } from '../sign-in/sign-in-limits.ts'
import { askable } from './askable.ts'
import { CIBA_GRANT } from './backchannel.ts'
import { changeClient, insertClient, prepareClient, removeClient } from './client.service.ts'
import { type Client, ClientFields, GRANT_TYPES } from './client.ts'
import {
  clientOfMetadata,
  type DescribedClient,
  type MetadataRules,
  metadataOfClient,
  readMetadata,
  refusedMember,
} from './client-metadata.ts'
import { isSecretOf } from './client-secret.ts'
import { isUsableMethod } from './mutual-tls.ts'
import { isApproved, type RegistrationPolicy } from './registration-policy.ts'
import { checkSectorDocument, fetchSectorDocument } from './sector-document.ts'
import { choosableAlgorithms, ensureSigningKeys } from './signed-responses.ts'
import { withStatement } from './software-statement.ts'

/** The application of the clients of a realm that registered themselves. */
export const DYNAMIC_APPLICATION = 'Registered clients'
const HOUR = 3600
const DAY = 86_400_000

/** A registration as the client gets it: its metadata, and what is shown only when it is new. */
export interface Registration {
  readonly client: Client
  readonly metadata: ReturnType<typeof metadataOfClient>
  /** Undefined if the client has none, or if it got it before. */
  readonly secret: string | undefined
  readonly token: string
}

/** Whether clients can register themselves at a realm. Never at a realm of administrators. */
export function takesRegistrations({ kind, policy }: Pick<Realm, 'kind' | 'policy'>): boolean {
  return kind !== 'admin' && policy.registration.mode !== 'off'
}

/**
 * Registers a client as it describes itself (RFC 7591 §3). It belongs to a third party, and nobody verified it.
 * @param document the metadata as it was sent
 * @param initialToken the initial access token as it was sent; undefined for none
 * @throws Failure `not_found` where the realm takes no registrations, `invalid_token`, `invalid_redirect_uri`,
 *   `invalid_client_metadata`, `invalid_software_statement`, `unapproved_software_statement`, `too_many_requests`, `access_denied` where the realm has as many clients as it allows
 */
export async function registerClient(
  context: Context,
  document: unknown,
  initialToken: string | undefined,
): Promise<Registration> {
  const realm = openRealm(context)
  const { registration } = realm.policy
  if (initialToken === undefined) {
    if (registration.mode === 'admin_only') throw new Failure('unauthenticated', 'An initial access token is needed.')
    await takeBudgets(context, realm)
  } else if (!(await isUsableInitialToken(context, initialToken))) {
    // Whoever makes one up is a stranger.
    await takeBudgets(context, realm)
    throw unknownInitialToken()
  }
  const { described, stated } = await describe(context, document, { isVouchedFor: initialToken !== undefined })
  if (initialToken === undefined) checkApproved(registration, described, stated)
  const { client, secret } = asMetadata(() =>
    prepareClient(context, { ...ClientFields.initial, ...described, scopes: [] }),
  )
  await asMetadataLater(async () => checkSectorDocument(undefined, client, await fetchSectorDocument(context, client)))
  const token = context.random.secret()
  const made = await context.write(async (unit) => {
    if (initialToken !== undefined) await consumeInitialAccessToken(context, unit, initialToken)
    // The row of the application is locked, so that clients are counted one after another.
    const application = await applicationNamed(unit, context, DYNAMIC_APPLICATION, { limited: false })
    if ((await unit.dynamicClients.count(realm.id)) >= registration.maxClients) {
      throw new Failure('access_denied', 'The realm has as many registered clients as it allows.')
    }
    const dynamic: Client = {
      ...client,
      about: described.about,
      applicationId: application.id,
      registeredBy: 'dynamic',
      registrationTokenHash: context.crypto.digest(token),
      unusedUntil: client.createdAt + registration.unusedDays * DAY,
    }
    await insertClient(unit, dynamic)
    return dynamic
  })
  return answerOf(context, made, { secret, token })
}

/** The registration of a client (RFC 7592 §2.1). @throws Failure `not_found`, `invalid_token` */
export async function readRegistration(context: Context, presented: Presented): Promise<Registration> {
  return answerOf(context, await holderOf(context, context.read, presented), presented)
}

/**
 * Replaces the metadata of a client (RFC 7592 §2.2). What is absent gets its default. The authentication method stays.
 * @throws Failure `not_found`, `invalid_token`, `invalid_redirect_uri`, `invalid_client_metadata`
 */
export async function replaceRegistration(
  context: Context,
  presented: Presented,
  document: unknown,
): Promise<Registration> {
  const { registration } = openRealm(context).policy
  const before = await holderOf(context, context.read, presented)
  checkUpdate(context, before, document)
  const { described, stated } = await describe(context, document, {
    kept: before.about?.softwareStatement,
    isVouchedFor: before.grantTypes.includes(CIBA_GRANT),
  })
  if (described.authMethod !== before.authMethod) {
    throw refusedMember('token_endpoint_auth_method', 'it cannot be changed; register another client')
  }
  checkApproved(registration, described, [...stated, ...before.redirectUris, ...before.postLogoutRedirectUris])
  const sector = await asMetadataLater(() => fetchSectorDocument(context, described, before))
  const changed = await context.write(async (unit) => {
    const client = await holderOf(context, unit, presented)
    const named = await unit.clients.find(client.realmId, client.id)
    if (!named) throw new Failure('invalid_token')
    try {
      return await changeClient(context, unit, named, described, { sector, isItself: true })
    } catch (error) {
      throw toMetadata(error)
    }
  })
  return answerOf(context, changed, presented)
}

/** Deletes a client with its tokens and consents (RFC 7592 §2.3). @throws Failure `not_found`, `invalid_token` */
export async function deleteRegistration(context: Context, presented: Presented): Promise<void> {
  await context.write(async (unit) => {
    const client = await holderOf(context, unit, presented)
    await removeClient(context, unit, client)
    // Nothing refers to a client that nobody used, so that registering and deleting leaves no rows.
    await unit.dynamicClients.deleteUnused(client.realmId, client.id)
  })
}

/** How many clients one write deletes. */
const DELETED_AT_ONCE = 100

/** Deletes the clients of the scope’s realm that registered themselves and that nobody used in time; the others stay. */
export async function deleteUnusedClients(context: Context): Promise<void> {
  const realm = realmOf(context.scope)
  const now = context.clock.now()
  const next = () => context.read.dynamicClients.unusedBefore(realm.id, now, DELETED_AT_ONCE)
  for (let due = await next(); due.length > 0; due = await next()) {
    const clients = due
    await context.write(async (unit) => {
      for (const client of clients) {
        if (!(await unit.dynamicClients.deleteUnused(realm.id, client.id))) {
          await unit.dynamicClients.keep(realm.id, client.id)
          continue
        }
        unit.emit('client.deleted', {
          subject: { type: 'client', id: client.id, label: client.label },
          realmId: realm.id,
          data: { clientId: client.clientId, label: client.label, unused: true },
        })
      }
    })
  }
}

/** The client that a request is about, and its registration access token. */
export interface Presented {
  readonly clientId: string
  readonly token: string
}

// RFC 7592 §2: the answer is the same for a client that does not exist, so that nobody learns which ones do.
async function holderOf(context: Context, stores: Pick<Unit, 'clients'>, presented: Presented): Promise<Client> {
  const realm = openRealm(context)
  const client = await stores.clients.findByClientId(realm.id, presented.clientId)
  const isHolder = client?.registrationTokenHash === context.crypto.digest(presented.token)
  if (!client || !isHolder || client.status !== 'active') throw new Failure('invalid_token')
  return client
}

function openRealm({ scope }: Context): Realm {
  const realm = realmOf(scope)
  if (!takesRegistrations(realm)) throw new Failure('not_found', 'Clients cannot register themselves at this realm.')
  return realm
}

async function takeBudgets({ actor, limiter }: Context, { id, policy: { registration } }: Realm): Promise<void> {
  const network = `registration network ${id} ${networkOf(actor.origin.ip)}`
  const retryAfter =
    (await limiter.take(network, registration.networkPerHour, HOUR)) ||
    (await limiter.take(`registrations ${id}`, registration.realmPerHour, HOUR))
  if (retryAfter > 0) throw new Failure('too_many_requests', { retryAfter })
}

/** Where a client can send people. */
const DESTINATIONS = { redirectUris: 'redirect_uris', postLogoutRedirectUris: 'post_logout_redirect_uris' } as const
type Destinations = Pick<Client, keyof typeof DESTINATIONS>

/** Refuses what people would be sent to without the realm’s approval. @param approved what is approved besides */
function checkApproved(registration: RegistrationPolicy, described: Destinations, approved: readonly unknown[]): void {
  if (registration.mode !== 'approved_redirects') return
  for (const [field, name] of Object.entries(DESTINATIONS) as [keyof Destinations, string][]) {
    const refused = described[field].findIndex((uri) => !approved.includes(uri) && !isApproved(registration, uri))
    if (refused >= 0) throw refusedMember(`${name}.${refused}`, 'the realm does not approve the URI')
  }
}

/**
 * The client that a document describes, with what a software statement says of it.
 * @param options.kept the statement that the client has
 * @param options.isVouchedFor whether an administrator gave the client an initial access token
 * @returns also the redirect URIs of the statement
 */
async function describe(
  context: Context,
  document: unknown,
  { kept, isVouchedFor }: { readonly kept?: string | undefined; readonly isVouchedFor: boolean },
): Promise<{ described: DescribedClient; stated: readonly unknown[] }> {
  const { document: whole, statement, redirectUris } = await withStatement(context, document, kept)
  const described = clientOfMetadata(readMetadata(whole), await rulesOf(context, isVouchedFor))
  await asMetadataLater(() => ensureSigningKeys(context, described))
  const about = { ...described.about, ...(statement !== undefined && { softwareStatement: statement }) }
  return { described: { ...described, about }, stated: redirectUris }
}

async function rulesOf(context: Context, isVouchedFor: boolean): Promise<MetadataRules> {
  const { scope, registry } = context
  const realm = realmOf(scope)
  const { clientAuthentication, grants } = profileOf(realm)
  const {
    encryptedRequestObjects,
    registration: { clientCredentials },
  } = realm.policy
  return {
    encryptedRequestObjects,
    // Whom a realm trusts is for an administrator to say.
    authMethods: clientAuthentication.filter(
      (method) => method !== 'federated_jwt' && isUsableMethod(method, realm, registry.settings),
    ),
    grantTypes: GRANT_TYPES.filter(
      (grant) =>
        (grants === 'all' || grants.includes(grant)) &&
        (grant !== 'client_credentials' || clientCredentials) &&
        // Such a client learns who has an account, and sends people mails.
        (grant !== CIBA_GRANT || isVouchedFor),
    ),
    algorithms: await choosableAlgorithms(context),
  }
}

// RFC 7592 §2.2: the client says who it is; what only the server decides is not in the request.
function checkUpdate({ crypto }: Context, client: Client, document: unknown): void {
  const sent = (typeof document === 'object' && document !== null ? document : {}) as Record<string, unknown>
  if (sent.client_id !== client.clientId) throw refusedMember('client_id', 'it is not the id of this client')
  for (const name of ['registration_access_token', 'registration_client_uri', 'client_secret_expires_at']) {
    if (sent[name] !== undefined) throw refusedMember(name, 'the server sets it')
  }
  if (sent.client_id_issued_at !== undefined) throw refusedMember('client_id_issued_at', 'the server sets it')
  const { client_secret: secret } = sent
  if (secret === undefined) return
  if (typeof secret !== 'string' || !isSecretOf(crypto, client, secret)) {
    throw refusedMember('client_secret', 'it is not the secret of this client')
  }
}

async function answerOf(
  { registry, scope }: Context,
  client: Client,
  { secret, token }: { readonly secret?: string | undefined; readonly token: string },
): Promise<Registration> {
  const realm = realmOf(scope)
  const { scopes } = askable(client, await registry.resources(realm.tenantId))
  return { client, metadata: metadataOfClient(client, scopes, realm.algorithm), secret, token }
}

function asMetadata<Value>(work: () => Value): Value {
  try {
    return work()
  } catch (error) {
    throw toMetadata(error)
  }
}

async function asMetadataLater<Value>(work: () => Promise<Value>): Promise<Value> {
  try {
    return await work()
  } catch (error) {
    throw toMetadata(error)
  }
}

/** A failure about fields of a client, in the words of its metadata. */
function toMetadata(error: unknown): unknown {
  if (!(error instanceof Failure) || error.code !== 'invalid_input') return error
  const [flaw = { path: 'metadata', message: 'is not valid' }] = error.detail.flaws ?? []
  return refusedMember(columnOf(flaw.path), flaw.message)
}
