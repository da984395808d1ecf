// Finds and revokes issued tokens.

import { durationOf } from '#kernel/duration.ts'
import { Failure } from '#kernel/error.ts'
import { parseId } from '#kernel/id.ts'
import type { Page } from '#kernel/page.ts'
import { subjectOf } from '../client/subject-identifier.ts'
import type { Context, Stores } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { issuerOf } from '../realm/realm.ts'
import type { Issuance, IssuanceFilter, IssuanceView, IssuanceWithClaims } from './issuance.ts'

/** How far above a token its first one is looked for. */
const EXCHANGES_MAX = 16

/** One page of the tokens of the realm, newest first. What no client or resource is called has none. */
export async function listIssuances(
  context: Context,
  { resource, client, within, jti, ...query }: IssuanceFilter,
): Promise<Page<IssuanceView>> {
  const { clock, read, scope } = context
  const realmId = realmOf(scope).id
  const found = client === undefined ? undefined : await read.clients.findByClientId(realmId, client)
  const audience = resource === undefined ? undefined : await identifierOf(context, resource)
  if ((client !== undefined && !found) || (found && query.clientId !== undefined && query.clientId !== found.id)) {
    return { data: [], nextCursor: null }
  }
  const since = within === undefined ? query.since : clock.now() - durationOf(within)
  const clientId = found?.id ?? query.clientId
  if (jti !== undefined) return oneOf(context, jti, { ...query, clientId, since, audience })
  const page = await read.issuances.list({ ...query, clientId, since, audience, realmId })
  return { ...page, data: await withClients(context, page.data) }
}

/** The token with a `jti`, if the other filters let it through. */
async function oneOf(
  context: Context,
  jti: string,
  { clientId, userId, audience, since = 0, until = Number.POSITIVE_INFINITY }: OtherFilters,
): Promise<Page<IssuanceView>> {
  const id = parseId('issuance', jti)
  const one = id === undefined ? undefined : await context.read.issuances.find(id)
  const isMeant =
    one?.realmId === realmOf(context.scope).id &&
    (clientId === undefined || one.clientId === clientId) &&
    (userId === undefined || one.userId === userId) &&
    (audience === undefined || one.audience === audience) &&
    one.issuedAt >= since &&
    one.issuedAt < until
  return { data: one && isMeant ? await withClients(context, [one]) : [], nextCursor: null }
}

type OtherFilters = Pick<IssuanceFilter, 'clientId' | 'userId' | 'since' | 'until'> & { audience: string | undefined }

/** @throws Failure `not_found` */
export async function getIssuance(context: Context, id: string): Promise<IssuanceWithClaims> {
  const [view] = await withClients(context, [await requireIssuance(context, context.read, id)])
  if (!view) throw new Failure('not_found')
  // What a provider says of a token in it is for the provider’s API.
  return { ...view, claims: view.kind === 'mint' ? await claimsIn(context, view) : {} }
}

/** What the record of a token tells of its claims (RFC 9068 §2.2). */
async function claimsIn(context: Context, issuance: IssuanceView): Promise<Record<string, unknown>> {
  const { registry, scope } = context
  const { id, audience, client, clientId, scopes, issuedAt, expiresAt, act, confirmation } = issuance
  const iat = Math.floor(issuedAt / 1000)
  const sub = await subjectIn(context, issuance)
  return {
    iss: issuerOf(realmOf(scope), registry.settings),
    ...(sub !== undefined && { sub }),
    aud: audience,
    client_id: client?.clientId ?? clientId,
    iat,
    ...(expiresAt !== null && { exp: Math.floor(expiresAt / 1000) }),
    jti: id,
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    ...(act && { act }),
    ...(confirmation && { cnf: confirmation }),
  }
}

/** A token has the subject of the first one above it, which may differ by client. Undefined where the client is gone. */
async function subjectIn(context: Context, issuance: Issuance): Promise<string | undefined> {
  const { read, scope } = context
  const { userId } = issuance
  let first = issuance
  for (let above = 0; first.parentId !== null && above < EXCHANGES_MAX; above++) {
    const parent = await read.issuances.find(first.parentId)
    if (!parent) return undefined
    first = parent
  }
  const found = await read.clients.find(realmOf(scope).id, first.clientId)
  if (!found) return undefined
  return userId === null ? found.client.clientId : subjectOf(context, found.client, userId)
}

async function withClients({ read, scope, clock }: Context, issuances: readonly Issuance[]): Promise<IssuanceView[]> {
  const now = clock.now()
  const ids = [...new Set(issuances.map(({ clientId }) => clientId))]
  const named = await read.clients.named(realmOf(scope).id, ids)
  return issuances.map((issuance) => ({
    ...issuance,
    client: named.get(issuance.clientId) ?? null,
    status: statusOf(issuance, now),
  }))
}

function statusOf({ revokedAt, expiresAt }: Issuance, now: number): IssuanceView['status'] {
  if (revokedAt !== null) return 'revoked'
  return expiresAt === null || expiresAt > now ? 'active' : 'expired'
}

/** A resource that is gone is known by its identifier only. */
async function identifierOf({ read }: Context, name: string): Promise<string> {
  const id = parseId('resource', name)
  const [found] = id === undefined ? await read.resources.named([name]) : [await read.resources.find(id)]
  return found?.identifier ?? name
}

/**
 * Revokes a token of the realm; a revoked token stays as it is.
 * @throws Failure `not_found`, `conflict` for a token of a provider
 */
export async function revokeIssuance(context: Context, { id }: { id: string }): Promise<void> {
  await context.write(async (unit) => {
    const issuance = await requireIssuance(context, unit, id)
    if (issuance.kind === 'broker') {
      throw new Failure('conflict', 'A provider issued this token. End the connection, and it is revoked there.')
    }
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
