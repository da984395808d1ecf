// Decides about clients: registers, changes, suspends and deletes them.
import { changeBetween } from '#kernel/change.ts'
import { Failure, flawed } from '#kernel/error.ts'
import type { EventType } from '#kernel/event.ts'
import type { Permission } from '#kernel/permission.ts'
import { applicationFor, checkMayChange } from '../application/application.service.ts'
import { type Application, isPlatformProgram, type Ownership } from '../application/application.ts'
import { checkAddress } from '../checked-address.ts'
import type { Context, Stores, Unit } from '../context.ts'
import { checkAlsoPermitted, checkMakesCredential } from '../permitted.ts'
import { realmOf } from '../realm/realm.service.ts'
import type { Realm } from '../realm/realm.ts'
import { isPlatformScope } from '../resource/platform-api.ts'
import { resourceIdentifiers } from '../resource/resource.service.ts'
import { checkUnused } from '../revocation/unused.ts'
import { deleteStreams } from '../signal-stream/signal-stream.service.ts'
import { definedOnly } from '../update.ts'
import { asksAgain } from './asks-again.ts'
import { isToldElsewhere } from './backchannel.ts'
import type { NamedClient } from './client.store.ts'
import {
  type Client,
  ClientFields,
  type ClientPatch,
  type ClientView,
  type ClientWithSecret,
  flawsOfClient,
  type NewClient,
  viewClient,
} from './client.ts'
import { checkClientKeys, checkImportable } from './client-keys.ts'
import { keptSecret, usesSecret } from './client-secret.ts'
import { permissionsForScopes } from './guarded-scopes.ts'
import { checkOwnedFields } from './kept-client.ts'
import { noticesOfMethod, TLS_NAME_FIELDS } from './mutual-tls.ts'
import { isWithin } from './redirect-uri.ts'
import { checkSectorDocument, fetchSectorDocument, type SectorDocument } from './sector-document.ts'
import { checkDemands } from './sign-in-demands.ts'
import { ensureSigningKeys, SIGNED_FIELDS } from './signed-responses.ts'
import { checkIssuer } from './trusted-issuer.ts'

const CLIENT_ID_ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789'

/**
 * Registers a client. If the client authenticates with a secret, only this response contains it.
 * @param clientId the `client_id`; random if undefined
 * @throws Failure `invalid_input` if the parts contradict each other, `invalid_target` for an unknown audience
 */
export async function createClient(
  context: Context,
  { application: named, uniqueLabel, imported, ...input }: NewClient,
  clientId?: string,
): Promise<ClientWithSecret> {
  if (imported && input.authMethod !== 'client_secret') {
    throw new Failure('invalid_input', 'imported: the client must have the method client_secret.')
  }
  const prepared = prepareClient(context, input, imported?.clientId ?? clientId)
  const { client, secret } = imported
    ? { client: { ...prepared.client, secretHash: imported.secretHash }, secret: undefined }
    : prepared
  checkSectorDocument(undefined, client, await fetchSectorDocument(context, client))
  await ensureSigningKeys(context, client)
  return context.write(async (unit) => {
    const application = await applicationFor(unit, context, named ?? input.label)
    // Those who ask for one label at once wait for the application of that name.
    if (uniqueLabel) await checkLabel(context, unit, input.label)
    if (imported && (await unit.clients.findByClientId(client.realmId, client.clientId))) {
      throw new Failure('already_exists', 'A client of the realm has this client_id already.')
    }
    const made = await addClient(context, unit, client, application)
    const notices = noticesOfMethod(made.authMethod, realmOf(context.scope), context.registry.settings)
    return {
      ...viewClient(made, application.name),
      ...(secret !== undefined && { clientSecret: secret }),
      ...(notices.length > 0 && { notices }),
    }
  })
}

/** @throws Failure `already_exists` for the label of another client of the realm */
async function checkLabel({ scope }: Context, unit: Unit, label: string): Promise<void> {
  const realm = realmOf(scope)
  if (!(await unit.clients.hasLabel(realm.id, label))) return
  throw new Failure('already_exists', `A client with the name ${label} exists already.`)
}

/** A client of the scope’s realm that can be written with {@link addClient}. */
export interface PreparedClient {
  readonly client: Omit<Client, 'applicationId'>
  /** The secret for the response; undefined if the client has none. */
  readonly secret: string | undefined
}

/**
 * Prepares a client: its secret is generated and hashed before the write.
 * @throws Failure `invalid_input` if the parts contradict each other
 */
export function prepareClient(
  { scope, random, crypto, clock, network }: Context,
  input: Omit<NewClient, 'application' | 'uniqueLabel' | 'imported'>,
  clientId = random.text(20, CLIENT_ID_ALPHABET),
): PreparedClient {
  const realm = realmOf(scope)
  checkParts(crypto, input)
  checkAddress(network, 'jwksUri', input.jwksUri)
  checkAddress(network, 'backchannelLogoutUri', input.backchannelLogoutUri)
  checkAddress(network, 'backchannelClientNotificationEndpoint', input.backchannelClientNotificationEndpoint)
  checkAddress(network, 'sectorIdentifierUri', input.sectorIdentifierUri)
  checkFederation(network, input.federatedCredentials)
  checkWithin(realm, input)
  if (input.signInMethods || input.minAal !== null) checkDemands(realm, input)
  const secret = usesSecret(input) ? random.secret() : undefined
  const [id, now] = [random.id(), clock.now()]
  const client: PreparedClient['client'] = {
    ...input,
    id,
    tenantId: realm.tenantId,
    realmId: realm.id,
    clientId,
    ...keptSecret(crypto, { id, authMethod: input.authMethod }, secret),
    registeredBy: 'administrator',
    lastUsedAt: null,
    about: null,
    registrationTokenHash: null,
    unusedUntil: null,
    status: 'active',
    version: 1,
    createdAt: now,
    updatedAt: now,
  }
  return { client, secret }
}

/**
 * Adds a prepared client to an application inside a write.
 * @throws Failure `invalid_target` for an unknown audience, `invalid_input` for scopes that it may not have
 */
export async function addClient(
  { actor, registry }: Pick<Context, 'actor' | 'registry'>,
  unit: Unit,
  prepared: PreparedClient['client'],
  application: Application,
): Promise<Client> {
  checkPlatformScopes(actor, prepared.scopes, application)
  checkOpened({ actor }, prepared)
  const audiences = await resourceIdentifiers(unit, prepared.audiences, registry.settings)
  const client: Client = { ...prepared, applicationId: application.id, audiences }
  await insertClient(unit, client)
  return client
}

/** Writes a client inside a write. */
export async function insertClient(unit: Unit, client: Client): Promise<void> {
  await unit.clients.insert(client)
  const { pkceRequired, registeredBy } = client
  emitEvent(unit, 'client.created', client, {
    ...(!pkceRequired && { pkceRequired }),
    ...(registeredBy !== 'administrator' && { registeredBy }),
  })
}

/** @throws Failure `not_found` */
export async function getClient(context: Context, id: string): Promise<ClientView> {
  const { client, applicationName } = await requireClient(context, context.read, id)
  return viewClient(client, applicationName)
}

/**
 * Changes a client; the resulting state is validated.
 * @throws Failure `not_found`, `invalid_input`, `invalid_target`, `precondition_failed`
 */
export async function updateClient(context: Context, { id, ifVersion, ...patch }: ClientPatch): Promise<ClientView> {
  const { settings } = context.registry
  const input = definedOnly(patch)
  const sector = await prepareChange(context, id, input)
  return context.write(async (unit) => {
    const { client: before, applicationName, ownership } = await requireOwnClient(context, unit, id)
    if (ifVersion !== undefined && ifVersion !== before.version) throw new Failure('precondition_failed')
    const client = await changeClient(
      context,
      unit,
      { client: before, ownership },
      {
        ...input,
        ...(patch.audiences && { audiences: await resourceIdentifiers(unit, patch.audiences, settings) }),
      },
      { sector },
    )
    return viewClient(client, applicationName)
  })
}

/** Fetches and makes what a change needs before its write: the document of the sector, and keys to sign with. */
async function prepareChange(
  context: Context,
  id: string,
  change: Partial<Client>,
): Promise<SectorDocument | undefined> {
  const isOfSector = change.sectorIdentifierUri !== undefined || change.redirectUris !== undefined
  if (!isOfSector && !SIGNED_FIELDS.some((field) => change[field])) return undefined
  const { client, ownership } = await requireClient(context, context.read, id)
  checkMayChange(context, ownership)
  checkOwnedFields(client, change)
  await ensureSigningKeys(context, { profile: client.profile, ...change })
  if (!isOfSector) return undefined
  if (change.sectorIdentifierUri) checkAddress(context.network, 'sectorIdentifierUri', change.sectorIdentifierUri)
  return fetchSectorDocument(context, change, client)
}

/**
 * Changes a client inside a write; the resulting state is validated. What people allowed it ends where they have to be
 * asked again.
 * @param options.isItself whether the client changes its own registration, by the token that it has for that
 * @throws Failure `invalid_input`, `precondition_failed`, `forbidden`, `insufficient_user_authentication`
 */
export async function changeClient(
  context: Context,
  unit: Unit,
  { client: before, ownership }: Pick<NamedClient, 'client' | 'ownership'>,
  change: Partial<Client>,
  { sector, isItself = false }: { readonly sector?: SectorDocument | undefined; readonly isItself?: boolean } = {},
): Promise<Client> {
  const after = { ...before, ...change }
  checkOwnedFields(before, change)
  checkSectorDocument(before, after, sector)
  checkWithin(realmOf(context.scope), change)
  if (change.signInMethods || change.minAal) checkDemands(realmOf(context.scope), after)
  for (const path of ['jwksUri', 'backchannelLogoutUri', 'backchannelClientNotificationEndpoint'] as const) {
    if (change[path] !== before[path]) checkAddress(context.network, path, change[path])
  }
  if (change.federatedCredentials) checkFederation(context.network, change.federatedCredentials)
  checkPlatformScopes(context.actor, [...before.scopes, ...(change.scopes ?? [])], ownership)
  checkOpened(context, before, change)
  if (!isItself && isCredential(before, after)) checkMakesCredential(context)
  const client = await changeValues(context, unit, before, change)
  if (asksAgain(before, client)) await unit.grants.revokeWhere({ clientId: client.id }, client.updatedAt)
  return client
}

/**
 * Whether a change gives somebody what makes a client act: keys that it did not have, an address that gets its codes or
 * the tokens that are pushed to it, or rights for a client whose secret whoever registered it knows.
 */
function isCredential(before: Client, after: Client): boolean {
  const differs = (value: unknown, earlier: unknown) =>
    value !== null && JSON.stringify(value) !== JSON.stringify(earlier)
  const grows = (field: 'redirectUris' | 'scopes' | 'audiences' | 'grantTypes') =>
    after[field].some((value: string) => !(before[field] as readonly string[]).includes(value))
  const opens = (field: 'firstParty' | 'introspectAllTokens' | 'tokenExchangeAllowed' | 'impersonationAllowed') =>
    after[field] && !before[field]
  const keys = (['jwksUri', 'jwks', 'federatedCredentials', 'identityAssertions', ...TLS_NAME_FIELDS] as const).some(
    (field) => differs(after[field], before[field]),
  )
  if (keys || grows('redirectUris') || isToldElsewhere(before, after)) return true
  if (before.registeredBy !== 'dynamic') return false
  return (
    (['scopes', 'audiences', 'grantTypes'] as const).some(grows) ||
    (['firstParty', 'introspectAllTokens', 'tokenExchangeAllowed', 'impersonationAllowed'] as const).some(opens)
  )
}

/** Writes a client's new values inside a write, and tells of them, where they differ. */
async function changeValues(context: Context, unit: Unit, before: Client, values: Partial<Client>): Promise<Client> {
  const change = changeBetween(ClientFields.audited, before, { ...before, ...values })
  if (!change) return before
  const client = await changed(context, unit, before, values)
  emitEvent(unit, 'client.updated', client, { ...change })
  return client
}

/**
 * Gives a client a new secret; the old one stops working at once.
 * @throws Failure `not_found`, `conflict` if the client does not use a secret
 */
export async function rotateClientSecret(context: Context, { id }: { id: string }): Promise<ClientWithSecret> {
  const secret = context.random.secret()
  return context.write(async (unit) => {
    const { client: before, applicationName } = await requireOwnClient(context, unit, id)
    checkOpened(context, before)
    if (!usesSecret(before)) throw new Failure('conflict', 'The client does not use a secret.')
    const client = await changed(context, unit, before, keptSecret(context.crypto, before, secret))
    emitEvent(unit, 'client.secret_rotated', client)
    return { ...viewClient(client, applicationName), clientSecret: secret }
  })
}

/** Gives a client its next version inside a write, for what has the version of its client. */
export function touchClient(context: Context, unit: Unit, client: Client): Promise<Client> {
  return changed(context, unit, client, {})
}

/** Suspends or activates a client. A suspended client gets no tokens, and its existing tokens are inactive. */
export async function setClientStatus(context: Context, id: string, status: Client['status']): Promise<ClientView> {
  return context.write(async (unit) => {
    const { client: before, applicationName } = await requireOwnClient(context, unit, id)
    return viewClient(await changeStatus(context, unit, before, status), applicationName)
  })
}

/** Suspends or activates a client inside a write. @returns the changed client */
export async function changeStatus(
  context: Context,
  unit: Unit,
  before: Client,
  status: Client['status'],
): Promise<Client> {
  if (before.status === status) return before
  const client = await changed(context, unit, before, { status })
  emitEvent(unit, status === 'active' ? 'client.reactivated' : 'client.suspended', client, {
    before: { status: before.status },
    after: { status },
  })
  return client
}

/** Deletes a client and revokes everything issued to it. */
export async function deleteClient(
  context: Context,
  { id, onlyUnused }: { readonly id: string; readonly onlyUnused?: boolean },
): Promise<void> {
  await context.write(async (unit) => {
    const { client } = await requireOwnClient(context, unit, id)
    if (onlyUnused) await checkUnused(unit, { clientId: id }, context.clock.now())
    await removeClient(context, unit, client)
  })
}

/**
 * Deletes a client inside a write, with its tokens, consents and agent. Of a client of a metadata document no row stays:
 * it can come again when a person approves it.
 */
export async function removeClient(context: Pick<Context, 'clock'>, unit: Unit, client: Client): Promise<void> {
  const now = context.clock.now()
  const existed =
    client.registeredBy === 'metadata_document'
      ? await unit.clients.erase(client.id)
      : await unit.clients.delete(client.realmId, client.id, now)
  if (!existed) throw new Failure('not_found')
  // Revoke the families first: this waits for a refresh in progress, and the token of that refresh is then revoked too.
  await unit.tokenFamilies.revokeWhere({ clientId: client.id }, now)
  await unit.issuances.revokeWhere({ clientId: client.id }, now)
  await unit.grants.revokeWhere({ clientId: client.id }, now)
  await unit.delegationGrants.revokeWhere({ clientId: client.id }, now)
  await unit.brandings.removeOf(client.id, now)
  await deleteStreams(unit, { clientId: client.id }, now)
  emitEvent(unit, 'client.deleted', client)
  const agentId = await unit.agents.idOfClient(client.id)
  if (agentId === undefined) return
  unit.emit('agent.deleted', {
    subject: { type: 'agent', id: agentId, label: client.label },
    realmId: client.realmId,
    data: { clientId: client.clientId, name: client.label },
  })
}

/** Replaces a client's grants, inside a write. */
export async function changeGrants(
  context: Context,
  unit: Unit,
  client: Client,
  grantTypes: Client['grantTypes'],
): Promise<void> {
  await changeValues(context, unit, client, { grantTypes })
}

/** Replaces the audiences of every client of the scope’s realm, inside a write. */
export async function repointClients(context: Context, unit: Unit, audiences: readonly string[]): Promise<void> {
  let cursor: string | undefined
  do {
    const page = await unit.clients.list(realmOf(context.scope).id, { limit: 200, ...(cursor && { cursor }) })
    for (const { client } of page.data) {
      if (client.registeredBy !== 'metadata_document') await changeValues(context, unit, client, { audiences })
    }
    cursor = page.nextCursor ?? undefined
  } while (cursor)
}

async function requireClient({ scope }: Context, stores: Stores, id: string): Promise<NamedClient> {
  const named = await stores.clients.find(realmOf(scope).id, id)
  if (!named) throw new Failure('not_found')
  return named
}

/** A client that the caller may change. @throws Failure `not_found`, `forbidden` */
async function requireOwnClient(context: Context, unit: Unit, id: string): Promise<NamedClient> {
  const named = await requireClient(context, unit, id)
  checkMayChange(context, named.ownership)
  if ((await unit.agents.idOfClient(id)) !== undefined) checkAlsoPermitted(context, 'agents:write')
  if (named.client.scopes.some(isPlatformScope)) checkAlsoPermitted(context, '*')
  return named
}

async function changed(context: Context, unit: Unit, before: Client, change: Partial<Client>): Promise<Client> {
  const client: Client = { ...before, ...change, version: before.version + 1, updatedAt: context.clock.now() }
  checkParts(context.crypto, client)
  if ((await unit.clients.update(client)) !== 'updated') throw new Failure('precondition_failed')
  return client
}

function checkParts(crypto: Context['crypto'], client: Parameters<typeof flawsOfClient>[0]): void {
  const flaws = [...flawsOfClient(client), ...checkClientKeys(client.jwks), ...checkImportable(crypto, client.jwks)]
  const [first] = flaws
  if (first) throw new Failure('invalid_input', { message: `${first.path}: ${first.message}`, flaws })
}

function checkFederation(network: Context['network'], credentials: Client['federatedCredentials']): void {
  for (const [index, credential] of credentials.entries()) {
    checkIssuer(network, `federatedCredentials.${index}`, credential)
  }
}

// Only new values are checked. If a realm's limits become stricter, clients need no change, because each use is checked
// too.
function checkWithin(realm: Realm, input: Partial<Pick<Client, 'redirectUris' | 'postLogoutRedirectUris'>>): void {
  for (const path of ['redirectUris', 'postLogoutRedirectUris'] as const) {
    const refused = input[path]?.find((uri) => !isWithin(realm, uri))
    if (refused === undefined) continue
    const message = 'has a URI that the realm does not allow people to be sent to'
    throw flawed(path, message)
  }
}

// A client with such a scope can do everything on the whole platform, so the caller must be able to do the same. That the
// reach suffices was checked for its application.
function checkPlatformScopes(actor: Context['actor'], scopes: readonly string[], ownership: Ownership): void {
  const refused = scopes.find(isPlatformScope)
  if (refused === undefined) return
  if (isPlatformProgram(ownership)) return checkAlsoPermitted({ actor }, '*')
  const message = `${refused} is for services that are offered to all tenants`
  throw flawed('scopes', message)
}

type Opening = Pick<Client, 'introspectAllTokens' | 'firstParty' | 'scopes'>

/** What a client can do that permissions guard for callers. */
const OPENED: readonly { readonly does: (client: Partial<Opening>) => boolean; readonly permission: Permission }[] = [
  { does: ({ introspectAllTokens }) => introspectAllTokens === true, permission: 'issuances:read' },
  { does: ({ firstParty }) => firstParty === true, permission: 'grants:write' },
]

// Whoever has the secret, the keys or a redirect URI of such a client can do the same, so the caller must be able to.
function checkOpened(context: Pick<Context, 'actor'>, ...clients: readonly Partial<Opening>[]): void {
  for (const { does, permission } of OPENED) if (clients.some(does)) checkAlsoPermitted(context, permission)
  for (const { scopes } of clients) {
    for (const permission of permissionsForScopes(scopes)) checkAlsoPermitted(context, permission)
  }
}

function emitEvent(unit: Unit, type: EventType, client: Client, data: Record<string, unknown> = {}): void {
  unit.emit(type, {
    subject: { type: 'client', id: client.id, label: client.label },
    realmId: client.realmId,
    data: { clientId: client.clientId, label: client.label, ...data },
  })
}
