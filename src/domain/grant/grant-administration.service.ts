// Lists the consents of users, gives them in the name of users, and revokes those of many clients at once.
import { Failure, flawed } from '#kernel/error.ts'
import { parseId } from '#kernel/id.ts'
import type { Page } from '#kernel/page.ts'
import type { Context, Unit } from '../context.ts'
import { newestEventOf } from '../event/newest-event.ts'
import { checkAlsoPermitted } from '../permitted.ts'
import { realmOf } from '../realm/realm.service.ts'
import { resourceIdentifiers } from '../resource/resource.service.ts'
import { endAll } from '../revocation/end-all.ts'
import { matchesGlob } from './glob.ts'
import { recordConsent } from './grant.service.ts'
import {
  type Grant,
  type GrantFilter,
  type GrantPattern,
  type GrantsRevoked,
  type GrantWithClient,
  type NewGrant,
  viewGrant,
} from './grant.ts'

/** How many clients one call revokes, and how many of them its event names. */
const CLIENTS_MAX = 1000
const CLIENTS_TOLD = 20
const CLIENTS_PER_PAGE = 200

/** One page of the realm’s consents, newest first. */
export async function listGrants(context: Context, query: GrantFilter): Promise<Page<GrantWithClient>> {
  const page = await context.read.grants.list(realmOf(context.scope).id, query)
  return { ...page, data: await withClients(context, page.data) }
}

async function withClients({ read, scope }: Context, grants: readonly Grant[]): Promise<GrantWithClient[]> {
  const ids = [...new Set(grants.map(({ clientId }) => clientId))]
  const named = await read.clients.named(realmOf(scope).id, ids)
  return grants.map((grant) => ({ ...viewGrant(grant), client: named.get(grant.clientId) ?? null }))
}

/**
 * Gives a client a consent in the name of a user.
 * @throws Failure `not_found` for the user and the client, `conflict` for a suspended user, `invalid_target` for the
 *   resource, `invalid_input` for scopes that the client cannot request
 */
export async function giveGrant(context: Context, input: NewGrant): Promise<GrantWithClient> {
  const { scope, registry } = context
  const realm = realmOf(scope)
  const grant = await context.write(async (unit) => {
    const client = await clientOf(unit, realm.id, input)
    const denied = input.scopes.filter((name) => !client.scopes.includes(name))
    if (denied.length > 0) throw flawed('scopes', `the client cannot request ${denied.join(' ')}`)
    const user = await activeUser(unit, realm.directoryId, input.userId)
    const [resource = ''] =
      input.resource === undefined ? [] : await resourceIdentifiers(unit, [input.resource], registry.settings)
    const { scopes } = input
    return recordConsent(context, unit, { realmId: realm.id, user, client, resource, scopes, isGiven: true })
  })
  const [view] = await withClients(context, [grant])
  if (!view) throw new Failure('not_found')
  return view
}

async function clientOf({ clients }: Unit, realmId: string, { clientId, client: name = '' }: NewGrant) {
  const id = clientId ?? parseId('client', name)
  const named = id === undefined ? await clients.findByClientId(realmId, name) : undefined
  const client = id === undefined ? named : (await clients.find(realmId, id))?.client
  if (!client) throw new Failure('not_found', 'The client does not exist.')
  return client
}

/**
 * A user of a directory, who is held: who deletes them at the same time waits, and ends what was given too.
 * @throws Failure `not_found`, `conflict` for a suspended user
 */
export async function activeUser({ users }: Unit, directoryId: string, id: string) {
  const user = (await users.lockAll(directoryId, [id])).has(id) ? await users.find(directoryId, id) : undefined
  if (!user) throw new Failure('not_found', 'The user does not exist.')
  if (user.status !== 'active') throw new Failure('conflict', 'The user is suspended.')
  return user
}

/**
 * Revokes the consents and tokens of all clients of the realm whose client ids match a pattern.
 * @throws Failure `limit_reached` for a pattern that too many clients match
 */
export async function revokeMatching(context: Context, { pattern, reason }: GrantPattern): Promise<GrantsRevoked> {
  checkAlsoPermitted(context, 'revocations:write')
  const realm = realmOf(context.scope)
  const clients = await matchingClients(context, realm.id, pattern)
  const now = context.clock.now()
  const revoked = await context.write(async (unit) => {
    let [grants, tokens] = [0, 0]
    for (const { id } of clients) {
      grants += await unit.grants.revokeWhere({ clientId: id }, now)
      tokens += await endAll(unit, [{ clientId: id }], now)
    }
    const named = clients.slice(0, CLIENTS_TOLD).map(({ clientId }) => clientId)
    unit.emit('grant.bulk_revoked', {
      subject: { type: 'realm', id: realm.id, label: realm.name },
      realmId: realm.id,
      data: {
        pattern,
        clients: clients.length,
        clientIds: named,
        grants,
        tokens,
        ...(reason !== undefined && { reason }),
      },
    })
    return { grants, tokens }
  })
  return { ...revoked, clients: clients.length, eventId: await newestEventOf(context, 'grant.bulk_revoked', realm.id) }
}

async function matchingClients({ read }: Context, realmId: string, pattern: string) {
  const matching: { readonly id: string; readonly clientId: string }[] = []
  let cursor: string | undefined
  do {
    const page = await read.clients.list(realmId, { limit: CLIENTS_PER_PAGE, cursor })
    matching.push(...page.data.map(({ client }) => client).filter(({ clientId }) => matchesGlob(pattern, clientId)))
    if (matching.length > CLIENTS_MAX) {
      throw new Failure('limit_reached', `More than ${CLIENTS_MAX} clients match. Give a narrower pattern.`)
    }
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined)
  return matching
}
