// Owns realms, tenants and token pairs for tests of the domain, and the call of an operation.
import type { Context } from '#domain/context.ts'
import type { Event } from '#domain/event/event.ts'
import { realmCreate } from '#domain/realm/realm.operations.ts'
import type { Realm } from '#domain/realm/realm.ts'
import { tenantCreate } from '#domain/tenant/tenant.operations.ts'
import type { AnyOperation } from '#kernel/operation.ts'
import { parse } from '#kernel/parse.ts'
import type { TestServices } from './services.ts'

/** Runs an operation on what a caller sent: parsed by its schema first, as the dispatcher does. */
export async function callOperation<Op extends AnyOperation>(
  operation: Op,
  context: Context,
  input: object = {},
): Promise<Awaited<ReturnType<Op['run']>>> {
  return operation.run(context, parse(operation.input, input))
}

/** Another realm, of the first tenant or of another one: what must stay out of sight. */
export async function anotherRealm(services: TestServices, tenantId = services.tenantId): Promise<Realm> {
  const context = services.contextFor({ realm: null, tenantId })
  const { id } = await callOperation(realmCreate, context, { name: 'Another' })
  const realm = await context.read.realms.find(id)
  if (!realm) throw new Error('the realm was not made')
  return realm
}

/** The id of another tenant. */
export async function anotherTenant(services: TestServices): Promise<string> {
  const slug = `t-${services.random.id()}`
  const { id } = await callOperation(tenantCreate, services.contextFor({ realm: null }), { name: 'Another', slug })
  return id
}

/** A tenant’s events about one thing, in the order in which they happened. */
export async function eventsAbout(context: Context, subjectId: string): Promise<Event[]> {
  const { data } = await context.read.events.list({ limit: 100, subjectId })
  return data.reverse()
}

/** What a token was issued for; a fresh id for what is not told. */
export interface PairOwner {
  readonly clientId?: string
  readonly userId?: string
  readonly sessionId?: string
  readonly audience?: string
}

/** A token that was issued and the family it belongs to, by their ids. */
export interface IssuedPair {
  readonly id: string
  readonly familyId: string
}

/** Writes down that a token and a family were issued at the context’s realm; the token holds for an hour. */
export async function issueTokenPair(context: Context, holder: PairOwner = {}): Promise<IssuedPair> {
  const { random, clock, scope } = context
  const realmId = scope.realm?.id ?? ''
  const now = clock.now()
  const { clientId = random.id(), userId = random.id(), sessionId = random.id() } = holder
  const audience = holder.audience ?? 'https://api.example.com'
  const pair = { id: random.id(), familyId: random.id() }
  const owner = { clientId, userId, sessionId, realmId, tenantId: scope.tenantId }
  await context.write(async (unit) => {
    await unit.tokenFamilies.insert({
      ...owner,
      id: pair.familyId,
      scopes: ['read'],
      resources: [audience],
      details: [],
      nonce: null,
      claims: null,
      organizationId: null,
      acr: 'urn:1',
      amr: ['pwd'],
      authenticatedAt: now,
      createdAt: now,
      expiresAt: now + 86_400_000,
      revokedAt: null,
      refresh: null,
      confirmation: null,
    })
    unit.issue({
      id: pair.id,
      tenant_id: scope.tenantId,
      realm_id: realmId,
      client_id: clientId,
      client_name: 'a client',
      client_label: 'test',
      user_id: userId,
      session_id: sessionId,
      family_id: pair.familyId,
      parent_id: null,
      confirmation: null,
      act: null,
      grant_type: 'authorization_code',
      audience,
      scopes: 'read',
      kid: 'k1',
      token_hash: context.crypto.digest(pair.id),
      issued_at: now,
      expires_at: now + 3_600_000,
    })
  })
  return pair
}

/** Whether a token and its family still hold. */
export async function pairStatus({ read }: Context, pair: IssuedPair): Promise<{ token: boolean; family: boolean }> {
  const token = await read.issuances.find(pair.id)
  const family = await read.tokenFamilies.find(pair.familyId)
  return { token: token?.revokedAt === null, family: family?.revokedAt === null }
}

export const ACTIVE_PAIR = { token: true, family: true }
export const REVOKED_PAIR = { token: false, family: false }
