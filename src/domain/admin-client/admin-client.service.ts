// Decides about clients of the admin realm, which programs use to get tokens for the admin API. Such a client can do
// everything in its tenant, so only a caller who can do the same may create one or read its secret.

import { Failure } from '#kernel/error.ts'
import { type ListQuery, mapPage, type Page } from '#kernel/page.ts'
import { permits } from '#kernel/permission.ts'
import { CLI_CLIENT } from '#kernel/product-words.ts'
import { adminRealmOf, atAdminRealm } from '../admin-realm/admin-realm.service.ts'
import { ADMIN_APPLICATION, ADMIN_CLIENT_PREFIX, MACHINE_TOKEN_LIFETIME } from '../admin-realm/admin-realm.ts'
import { createClient, deleteClient, rotateClientSecret } from '../client/client.service.ts'
import { type Client, ClientFields } from '../client/client.ts'
import type { Context } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { ADMIN_SCOPE } from '../resource/platform-api.ts'
import {
  type AdminClientView,
  type AdminClientWithSecret,
  exampleOf,
  type NewAdminClient,
  viewAdminClient,
} from './admin-client.ts'

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789'

/**
 * Creates a client for the admin API. If the client authenticates with a secret, only this response contains it.
 * @throws Failure `forbidden` if the caller cannot do everything in the tenant, `invalid_input`, `not_found`
 */
export async function createAdminClient(context: Context, input: NewAdminClient): Promise<AdminClientWithSecret> {
  checkLevel(context)
  const inAdminRealm = await atAdminRealm(context)
  const made = await createClient(
    inAdminRealm,
    {
      ...ClientFields.initial,
      ...input,
      application: ADMIN_APPLICATION,
      grantTypes: ['client_credentials'],
      scopes: [ADMIN_SCOPE],
      audiences: [context.registry.settings.adminUrl],
      firstParty: true,
      accessTokenLifetime: MACHINE_TOKEN_LIFETIME,
    },
    `${ADMIN_CLIENT_PREFIX}${context.random.text(20, ALPHABET)}`,
  )
  return viewWithSecret(await atAdminRealm(context), made.id, made.clientSecret)
}

/** One page of the tenant’s clients for the admin API, oldest first. */
export async function listAdminClients(context: Context, page: ListQuery): Promise<Page<AdminClientView>> {
  const { read, registry } = context
  const realm = await adminRealmOf(context)
  const clients = await read.clients.list(realm.id, { ...page, except: CLI_CLIENT })
  return mapPage(clients, ({ client }) => viewAdminClient(client, realm, registry.settings))
}

/** @throws Failure `not_found` */
export async function getAdminClient(context: Context, { id }: { id: string }): Promise<AdminClientView> {
  const inAdminRealm = await atAdminRealm(context)
  return viewAdminClient(
    await requireAdminClient(inAdminRealm, id),
    realmOf(inAdminRealm.scope),
    context.registry.settings,
  )
}

/**
 * Gives a client a new secret; the old one stops working at once.
 * @throws Failure `not_found`, `forbidden`, `conflict`
 */
export async function rotateAdminClientSecret(
  context: Context,
  { id }: { id: string },
): Promise<AdminClientWithSecret> {
  const inAdminRealm = await atAdminRealm(context)
  await requireAdminClient(inAdminRealm, id)
  checkLevel(context)
  const { clientSecret } = await rotateClientSecret(inAdminRealm, { id })
  return viewWithSecret(inAdminRealm, id, clientSecret)
}

/**
 * Revokes a client: it gets no more tokens, and its existing tokens stop working at once.
 * @throws Failure `not_found`
 */
export async function revokeAdminClient(context: Context, { id }: { id: string }): Promise<void> {
  const inAdminRealm = await atAdminRealm(context)
  await requireAdminClient(inAdminRealm, id)
  await deleteClient(inAdminRealm, { id })
}

async function viewWithSecret(
  inAdminRealm: Context,
  id: string,
  secret: string | undefined,
): Promise<AdminClientWithSecret> {
  const view = viewAdminClient(
    await requireAdminClient(inAdminRealm, id),
    realmOf(inAdminRealm.scope),
    inAdminRealm.registry.settings,
  )
  return { ...view, ...(secret !== undefined && { clientSecret: secret }), example: exampleOf(view, secret) }
}

// The built-in client for the command line is hidden from these operations.
async function requireAdminClient({ read, scope }: Context, id: string): Promise<Client> {
  const named = await read.clients.find(realmOf(scope).id, id)
  if (!named || named.client.clientId === CLI_CLIENT) throw new Failure('not_found')
  return named.client
}

function checkLevel({ actor }: Context): void {
  if (permits(actor.permissions, '*')) return
  throw new Failure('forbidden', 'Only a caller with all permissions in the tenant can give them to a client.')
}
