import { Failure } from '#kernel/error.ts'
import type { EventType } from '#kernel/event.ts'
import { applicationFor } from '../application/application.service.ts'
import type { Context, Stores, Unit } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
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

const CLIENT_ID_ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789'

/**
 * Registers a client. One that authenticates with a secret gets it here and never sees it again.
 * @param clientId its identifier on the wire; a random one unless told
 * @throws Failure `invalid_input` where its parts do not go together, `invalid_target` for an unknown audience
 */
export async function createClient(
  context: Context,
  input: NewClient,
  clientId = context.random.text(20, CLIENT_ID_ALPHABET),
): Promise<ClientWithSecret> {
  const realm = realmOf(context.scope)
  checkParts(input)
  const { random, crypto, clock } = context
  const secret = input.authMethod === 'client_secret' ? random.secret() : undefined
  const now = clock.now()
  const { application: named, ...given } = input
  return context.write(async (unit) => {
    const application = await applicationFor(unit, context, named ?? input.label)
    const client: Client = {
      ...given,
      id: random.id(),
      tenantId: realm.tenantId,
      realmId: realm.id,
      applicationId: application.id,
      clientId,
      secretHash: secret === undefined ? null : crypto.digest(secret),
      audiences: await resourceIdentifiers(unit, input.audiences, context.registry.settings),
      status: 'active',
      version: 1,
      createdAt: now,
      updatedAt: now,
    }
    await insertClient(unit, client)
    return { ...viewClient(client, application.name), ...(secret !== undefined && { clientSecret: secret }) }
  })
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
    const { client: before, applicationName } = await found(context, unit, id)
    if (ifVersion !== undefined && ifVersion !== before.version) throw new Failure('precondition_failed')
    const given = givenOnly(patch)
    const client = await changed(context, unit, before, {
      ...given,
      ...(patch.audiences && { audiences: await resourceIdentifiers(unit, patch.audiences, settings) }),
    })
    tell(unit, 'client.updated', client, { changed: Object.keys(given) })
    return viewClient(client, applicationName)
  })
}

/**
 * Gives a client a new secret; the old one stops working at once.
 * @throws Failure `not_found`, `conflict` where it authenticates otherwise
 */
export async function rotateClientSecret(context: Context, { id }: { id: string }): Promise<ClientWithSecret> {
  const secret = context.random.secret()
  return context.write(async (unit) => {
    const { client: before, applicationName } = await found(context, unit, id)
    if (before.authMethod !== 'client_secret') throw new Failure('conflict', 'The client does not use a secret.')
    const client = await changed(context, unit, before, { secretHash: context.crypto.digest(secret) })
    tell(unit, 'client.secret_rotated', client)
    return { ...viewClient(client, applicationName), clientSecret: secret }
  })
}

/** Suspends a client or lets it go on. While suspended it gets no tokens, and those it has are not active. */
export async function setClientStatus(context: Context, id: string, status: Client['status']): Promise<ClientView> {
  return context.write(async (unit) => {
    const { client: before, applicationName } = await found(context, unit, id)
    if (before.status === status) return viewClient(before, applicationName)
    const client = await changed(context, unit, before, { status })
    tell(unit, status === 'active' ? 'client.reactivated' : 'client.suspended', client)
    return viewClient(client, applicationName)
  })
}

/** Deletes a client and revokes everything issued to it. */
export async function deleteClient(context: Context, { id }: { id: string }): Promise<void> {
  await context.write(async (unit) => {
    const { client } = await found(context, unit, id)
    await removeClient(context, unit, client)
  })
}

/** Deletes a client inside a write: what it was issued and granted goes with it. */
export async function removeClient(context: Context, unit: Unit, client: Client): Promise<void> {
  const now = context.clock.now()
  if (!(await unit.clients.delete(client.realmId, client.id, now))) throw new Failure('not_found')
  // The families first: a refresh that is under way ends before that, and its token is there to be revoked.
  await unit.tokenFamilies.revokeWhere({ clientId: client.id }, now)
  await unit.issuances.revokeWhere({ clientId: client.id }, now)
  await unit.grants.revokeWhere({ clientId: client.id }, now)
  tell(unit, 'client.deleted', client)
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

function tell(unit: Unit, type: EventType, client: Client, data: Record<string, unknown> = {}): void {
  unit.emit(type, {
    subject: { type: 'client', id: client.id },
    realmId: client.realmId,
    data: { clientId: client.clientId, label: client.label, ...data },
  })
}
