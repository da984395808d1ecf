import { Failure } from '#kernel/error.ts'
import type { EventType } from '#kernel/event.ts'
import { applicationFor, checkMayChange } from '../application/application.service.ts'
import { type Application, isPlatformProgram, type Standing } from '../application/application.ts'
import type { Context, Stores, Unit } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import type { Realm } from '../realm/realm.ts'
import { isPlatformScope } from '../resource/platform-api.ts'
import { resourceIdentifiers } from '../resource/resource.service.ts'
import { givenOnly } from '../update.ts'
import type { NamedClient } from './client.store.ts'
import {
  type Client,
  type ClientPatch,
  type ClientView,
  type ClientWithSecret,
  flawsOfClient,
  type NewClient,
  viewClient,
} from './client.ts'
import { checkClientKeys } from './client-keys.ts'
import { isWithin } from './redirect-uri.ts'

const CLIENT_ID_ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789'

/**
 * Registers a client. One that authenticates with a secret gets it here and never sees it again.
 * @param clientId its identifier on the wire; a random one unless told
 * @throws Failure `invalid_input` where its parts do not go together, `invalid_target` for an unknown audience
 */
export async function createClient(
  context: Context,
  { application: named, ...given }: NewClient,
  clientId?: string,
): Promise<ClientWithSecret> {
  const { client, secret } = prepareClient(context, given, clientId)
  return context.write(async (unit) => {
    const application = await applicationFor(unit, context, named ?? given.label)
    const made = await addClient(context, unit, client, application)
    return { ...viewClient(made, application.name), ...(secret !== undefined && { clientSecret: secret }) }
  })
}

/** A client of the scope’s realm that is ready to be written with {@link addClient}. */
export interface PreparedClient {
  readonly client: Omit<Client, 'applicationId'>
  /** To be shown once; undefined for a client that has none. */
  readonly secret: string | undefined
}

/**
 * Prepares a client: its secret is made and hashed before any write.
 * @throws Failure `invalid_input` where its parts do not go together
 */
export function prepareClient(
  { scope, random, crypto, clock }: Context,
  given: Omit<NewClient, 'application'>,
  clientId = random.text(20, CLIENT_ID_ALPHABET),
): PreparedClient {
  const realm = realmOf(scope)
  checkParts(given)
  checkWithin(realm, given)
  const secret = given.authMethod === 'client_secret' ? random.secret() : undefined
  const now = clock.now()
  const client: PreparedClient['client'] = {
    ...given,
    id: random.id(),
    tenantId: realm.tenantId,
    realmId: realm.id,
    clientId,
    secretHash: secret === undefined ? null : crypto.digest(secret),
    status: 'active',
    version: 1,
    createdAt: now,
    updatedAt: now,
  }
  return { client, secret }
}

/**
 * Writes a prepared client of an application inside a write.
 * @throws Failure `invalid_target` for an unknown audience, `invalid_input` for scopes that it may not have
 */
export async function addClient(
  { registry }: Pick<Context, 'registry'>,
  unit: Unit,
  prepared: PreparedClient['client'],
  application: Application,
): Promise<Client> {
  checkPlatformScopes(prepared.scopes, application)
  const audiences = await resourceIdentifiers(unit, prepared.audiences, registry.settings)
  const client: Client = { ...prepared, applicationId: application.id, audiences }
  await insertClient(unit, client)
  return client
}

/** Writes a client inside a write. */
export async function insertClient(unit: Unit, client: Client): Promise<void> {
  await unit.clients.insert(client)
  tell(unit, 'client.created', client)
}

/** @throws Failure `not_found` */
export async function getClient(context: Context, id: string): Promise<ClientView> {
  const { client, applicationName } = await found(context, context.read, id)
  return viewClient(client, applicationName)
}

/**
 * Changes a client; what is checked is the state that results.
 * @throws Failure `not_found`, `invalid_input`, `invalid_target`, `precondition_failed`
 */
export async function updateClient(context: Context, { id, ifVersion, ...patch }: ClientPatch): Promise<ClientView> {
  const { settings } = context.registry
  return context.write(async (unit) => {
    const { client: before, applicationName, standing } = await foundOwn(context, unit, id)
    if (ifVersion !== undefined && ifVersion !== before.version) throw new Failure('precondition_failed')
    const given = givenOnly(patch)
    const client = await changeClient(
      context,
      unit,
      { client: before, standing },
      {
        ...given,
        ...(patch.audiences && { audiences: await resourceIdentifiers(unit, patch.audiences, settings) }),
      },
    )
    return viewClient(client, applicationName)
  })
}

/**
 * Changes a client inside a write; what is checked is the state that results.
 * @throws Failure `invalid_input`, `precondition_failed`
 */
export async function changeClient(
  context: Context,
  unit: Unit,
  { client: before, standing }: Pick<NamedClient, 'client' | 'standing'>,
  change: Partial<Client>,
): Promise<Client> {
  checkWithin(realmOf(context.scope), change)
  checkPlatformScopes(change.scopes ?? [], standing)
  const client = await changed(context, unit, before, change)
  tell(unit, 'client.updated', client, { changed: Object.keys(change) })
  return client
}

/**
 * Gives a client a new secret; the old one stops working at once.
 * @throws Failure `not_found`, `conflict` where it authenticates otherwise
 */
export async function rotateClientSecret(context: Context, { id }: { id: string }): Promise<ClientWithSecret> {
  const secret = context.random.secret()
  return context.write(async (unit) => {
    const { client: before, applicationName } = await foundOwn(context, unit, id)
    if (before.authMethod !== 'client_secret') throw new Failure('conflict', 'The client does not use a secret.')
    const client = await changed(context, unit, before, { secretHash: context.crypto.digest(secret) })
    tell(unit, 'client.secret_rotated', client)
    return { ...viewClient(client, applicationName), clientSecret: secret }
  })
}

/** Suspends a client or lets it go on. While suspended it gets no tokens, and those it has are not active. */
export async function setClientStatus(context: Context, id: string, status: Client['status']): Promise<ClientView> {
  return context.write(async (unit) => {
    const { client: before, applicationName } = await foundOwn(context, unit, id)
    return viewClient(await changeStatus(context, unit, before, status), applicationName)
  })
}

/** Suspends a client or lets it go on, inside a write. @returns the client as it is then */
export async function changeStatus(
  context: Context,
  unit: Unit,
  before: Client,
  status: Client['status'],
): Promise<Client> {
  if (before.status === status) return before
  const client = await changed(context, unit, before, { status })
  tell(unit, status === 'active' ? 'client.reactivated' : 'client.suspended', client)
  return client
}

/** Deletes a client and revokes everything issued to it. */
export async function deleteClient(context: Context, { id }: { id: string }): Promise<void> {
  await context.write(async (unit) => {
    const { client } = await foundOwn(context, unit, id)
    await removeClient(context, unit, client)
  })
}

/** Deletes a client inside a write: what it was issued and granted goes with it, and the agent that it is of. */
export async function removeClient(context: Context, unit: Unit, client: Client): Promise<void> {
  const now = context.clock.now()
  if (!(await unit.clients.delete(client.realmId, client.id, now))) throw new Failure('not_found')
  // The families first: a refresh that is under way ends before that, and its token is there to be revoked.
  await unit.tokenFamilies.revokeWhere({ clientId: client.id }, now)
  await unit.issuances.revokeWhere({ clientId: client.id }, now)
  await unit.grants.revokeWhere({ clientId: client.id }, now)
  tell(unit, 'client.deleted', client)
  const agentId = await unit.agents.idOfClient(client.id)
  if (agentId === undefined) return
  unit.emit('agent.deleted', {
    subject: { type: 'agent', id: agentId },
    realmId: client.realmId,
    data: { clientId: client.clientId, name: client.label },
  })
}

/** Has a client use these grants and no others, inside a write. */
export async function changeGrants(
  context: Context,
  unit: Unit,
  client: Client,
  grantTypes: Client['grantTypes'],
): Promise<void> {
  if (JSON.stringify(client.grantTypes) === JSON.stringify(grantTypes)) return
  const after = await changed(context, unit, client, { grantTypes })
  tell(unit, 'client.updated', after, { changed: ['grantTypes'] })
}

/** Has every client of the scope’s realm be for other resources, inside a write. */
export async function repointClients(context: Context, unit: Unit, audiences: readonly string[]): Promise<void> {
  let cursor: string | undefined
  do {
    const page = await unit.clients.list(realmOf(context.scope).id, { limit: 200, ...(cursor && { cursor }) })
    for (const { client } of page.data) {
      if (JSON.stringify(client.audiences) === JSON.stringify(audiences)) continue
      const after = await changed(context, unit, client, { audiences })
      tell(unit, 'client.updated', after, { changed: ['audiences'] })
    }
    cursor = page.nextCursor ?? undefined
  } while (cursor)
}

async function found({ scope }: Context, stores: Stores, id: string): Promise<NamedClient> {
  const named = await stores.clients.find(realmOf(scope).id, id)
  if (!named) throw new Failure('not_found')
  return named
}

/** A client that the caller may change. @throws Failure `not_found`, `forbidden` */
async function foundOwn(context: Context, unit: Unit, id: string): Promise<NamedClient> {
  const named = await found(context, unit, id)
  checkMayChange(context, named.standing)
  return named
}

async function changed(context: Context, unit: Unit, before: Client, change: Partial<Client>): Promise<Client> {
  const client: Client = { ...before, ...change, version: before.version + 1, updatedAt: context.clock.now() }
  checkParts(client)
  if (!(await unit.clients.update(client))) throw new Failure('precondition_failed')
  return client
}

function checkParts(client: Parameters<typeof flawsOfClient>[0]): void {
  const flaws = [...flawsOfClient(client), ...checkClientKeys(client.jwks)]
  const [first] = flaws
  if (first) throw new Failure('invalid_input', { message: `${first.path}: ${first.message}`, flaws })
}

// Only what is given anew: who narrows a realm’s bounds need not change its clients, since use is bound as well.
function checkWithin(realm: Realm, given: Partial<Pick<Client, 'redirectUris' | 'postLogoutRedirectUris'>>): void {
  for (const path of ['redirectUris', 'postLogoutRedirectUris'] as const) {
    const beyond = given[path]?.find((uri) => !isWithin(realm, uri))
    if (beyond === undefined) continue
    const message = 'has a URI that the realm does not allow people to be sent to'
    throw new Failure('invalid_input', { message: `${path}: ${message}`, flaws: [{ path, message }] })
  }
}

// Whoever registers a client for such a scope reaches the whole platform: nobody gives more than they have.
function checkPlatformScopes(scopes: readonly string[], standing: Standing): void {
  const beyond = scopes.find(isPlatformScope)
  if (beyond === undefined || isPlatformProgram(standing)) return
  const message = `${beyond} is for services that are offered to all tenants`
  throw new Failure('invalid_input', { message: `scopes: ${message}`, flaws: [{ path: 'scopes', message }] })
}

function tell(unit: Unit, type: EventType, client: Client, data: Record<string, unknown> = {}): void {
  unit.emit(type, {
    subject: { type: 'client', id: client.id },
    realmId: client.realmId,
    data: { clientId: client.clientId, label: client.label, ...data },
  })
}
