// Clients of the admin realm that programs get tokens for the admin API with: what they may is everything in their
// tenant, so nobody makes one, or gets at the secret of one, who may not do all that.
import { Failure } from '#kernel/error.ts'
import type { Page, PageQuery } from '#kernel/page.ts'
import { permits } from '#kernel/permission.ts'
import { adminRealmOf, atAdminRealm } from '../admin-realm/admin-realm.service.ts'
import {
  ADMIN_APPLICATION,
  ADMIN_CLIENT_PREFIX,
  CLI_CLIENT,
  MACHINE_TOKEN_LIFETIME,
} from '../admin-realm/admin-realm.ts'
import { createClient, deleteClient, rotateClientSecret } from '../client/client.service.ts'
import type { Client } from '../client/client.ts'
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
 * Makes a client for the admin API. One that authenticates with a secret gets it here and never sees it again.
 * @throws Failure `forbidden` for whoever may not do everything in the tenant, `invalid_input`, `not_found`
 */
export async function createAdminClient(context: Context, input: NewAdminClient): Promise<AdminClientWithSecret> {
  checkLevel(context)
  const inside = await atAdminRealm(context)
  const made = await createClient(
    inside,
    {
      ...input,
      application: ADMIN_APPLICATION,
      grantTypes: ['client_credentials'],
      scopes: [ADMIN_SCOPE],
      audiences: [context.registry.settings.adminUrl],
      redirectUris: [],
      postLogoutRedirectUris: [],
      firstParty: true,
      accessTokenLifetime: MACHINE_TOKEN_LIFETIME,
      refreshTokenLifetime: null,
      allowedOrigins: [],
      tokenExchangeAllowed: false,
    },
    `${ADMIN_CLIENT_PREFIX}${context.random.text(20, ALPHABET)}`,
  )
  return shown(await atAdminRealm(context), made.id, made.clientSecret)
}

/** One page of the tenant’s clients for the admin API, oldest first. */
export async function listAdminClients(context: Context, page: PageQuery): Promise<Page<AdminClientView>> {
  const { read, registry } = context
  const realm = await adminRealmOf(context)
  const { data, nextCursor } = await read.clients.list(realm.id, { ...page, except: CLI_CLIENT })
  return { data: data.map(({ client }) => viewAdminClient(client, realm, registry.settings)), nextCursor }
}

/** @throws Failure `not_found` */
export async function getAdminClient(context: Context, { id }: { id: string }): Promise<AdminClientView> {
  const inside = await atAdminRealm(context)
  return viewAdminClient(await found(inside, id), realmOf(inside.scope), context.registry.settings)
}

/** Gives one a new secret; the old one stops working at once. @throws Failure `not_found`, `forbidden`, `conflict` */
export async function rotateAdminClientSecret(
  context: Context,
  { id }: { id: string },
): Promise<AdminClientWithSecret> {
  const inside = await atAdminRealm(context)
  await found(inside, id)
  checkLevel(context)
  const { clientSecret } = await rotateClientSecret(inside, { id })
  return shown(inside, id, clientSecret)
}

/** Revokes one: it gets no tokens, and those it has stop working at once. @throws Failure `not_found` */
export async function revokeAdminClient(context: Context, { id }: { id: string }): Promise<void> {
  const inside = await atAdminRealm(context)
  await found(inside, id)
  await deleteClient(inside, { id })
}

async function shown(inside: Context, id: string, secret: string | undefined): Promise<AdminClientWithSecret> {
  const view = viewAdminClient(await found(inside, id), realmOf(inside.scope), inside.registry.settings)
  return { ...view, ...(secret !== undefined && { clientSecret: secret }), example: exampleOf(view, secret) }
}

// The client for the terminal is built in: here it is not there.
async function found({ read, scope }: Context, id: string): Promise<Client> {
  const named = await read.clients.find(realmOf(scope).id, id)
  if (!named || named.client.clientId === CLI_CLIENT) throw new Failure('not_found')
  return named.client
}

function checkLevel({ actor }: Context): void {
  if (permits(actor.permissions, '*')) return
  throw new Failure('forbidden', 'Only who may do everything in the tenant may let a client do so.')
}
