// Finds and revokes issued tokens.

import { durationOf } from '#kernel/duration.ts'
import { Failure } from '#kernel/error.ts'
import { parseId } from '#kernel/id.ts'
import type { Page } from '#kernel/page.ts'
import type { Context, Stores } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import type { Issuance, IssuanceFilter, IssuanceView } from './issuance.ts'

/** One page of the tokens of the realm, newest first. What no client or resource is called has none. */
export async function listIssuances(
  context: Context,
  { resource, client, within, ...query }: IssuanceFilter,
): Promise<Page<IssuanceView>> {
  const { clock, read, scope } = context
  const realmId = realmOf(scope).id
  const found = client === undefined ? undefined : await read.clients.findByClientId(realmId, client)
  const audience = resource === undefined ? undefined : await identifierOf(context, resource)
  if ((client !== undefined && !found) || (found && query.clientId !== undefined && query.clientId !== found.id)) {
    return { data: [], nextCursor: null }
  }
  const since = within === undefined ? query.since : clock.now() - durationOf(within)
  const page = await read.issuances.list({ ...query, clientId: found?.id ?? query.clientId, since, audience, realmId })
  return { ...page, data: await withClients(context, page.data) }
}

/** @throws Failure `not_found` */
export async function getIssuance(context: Context, id: string): Promise<IssuanceView> {
  const [view] = await withClients(context, [await requireIssuance(context, context.read, id)])
  if (!view) throw new Failure('not_found')
  return view
}

async function withClients({ read, scope }: Context, issuances: readonly Issuance[]): Promise<IssuanceView[]> {
  const ids = [...new Set(issuances.map(({ clientId }) => clientId))]
  const named = await read.clients.named(realmOf(scope).id, ids)
  return issuances.map((issuance) => ({ ...issuance, client: named.get(issuance.clientId) ?? null }))
}

/** A resource that is gone is known by its identifier only. */
async function identifierOf({ read }: Context, name: string): Promise<string> {
  const id = parseId('resource', name)
  const [found] = id === undefined ? await read.resources.named([name]) : [await read.resources.find(id)]
  return found?.identifier ?? name
}

/** Revokes a token of the realm; a revoked token stays as it is. @throws Failure `not_found` */
export async function revokeIssuance(context: Context, { id }: { id: string }): Promise<void> {
  await context.write(async (unit) => {
    const issuance = await requireIssuance(context, unit, id)
    if (!(await unit.issuances.revoke(id, context.clock.now()))) return
    const named = await unit.clients.find(issuance.realmId, issuance.clientId)
    unit.emit('token.revoked', {
      subject: { type: 'issuance', id },
      realmId: issuance.realmId,
      data: { clientId: named?.client.clientId ?? null, userId: issuance.userId, why: 'revoked' },
    })
  })
}

/** The record of an access token of the realm, by its value. @throws Failure `not_found` */
export async function issuanceOfToken(context: Context, stores: Stores, token: string): Promise<Issuance> {
  const jti = jtiOf(token)
  const presented = jti === undefined ? undefined : await stores.issuances.findToken(jti)
  const { crypto } = context
  if (!presented || !crypto.equal(presented.tokenHash, crypto.digest(token))) throw new Failure('not_found')
  return requireIssuance(context, stores, presented.id)
}

/** The `jti` that a JWT says it has; its record decides whether that is so. */
function jtiOf(token: string): string | undefined {
  const [, payload = ''] = token.split('.')
  try {
    const { jti } = JSON.parse(Buffer.from(payload, 'base64url').toString()) ?? {}
    return typeof jti === 'string' ? jti : undefined
  } catch {
    return undefined
  }
}

async function requireIssuance({ scope }: Pick<Context, 'scope'>, stores: Stores, id: string): Promise<Issuance> {
  const realm = realmOf(scope)
  const issuance = await stores.issuances.find(id)
  if (issuance?.realmId !== realm.id) throw new Failure('not_found')
  return issuance
}
