// Decides about trusted issuers: adds, changes and removes them.
import { Failure } from '#kernel/error.ts'
import type { EventType } from '#kernel/event.ts'
import { freshKeys } from '../client/client-key-set.ts'
import { checkClientKeys } from '../client/client-keys.ts'
import { keysOfIssuer } from '../client/issuer-keys.ts'
import { checkIssuer } from '../client/trusted-issuer.ts'
import type { Context, Stores, Unit } from '../context.ts'
import { firstVersion } from '../first-version.ts'
import { realmOf } from '../realm/realm.service.ts'
import { resourceIdentifiers } from '../resource/resource.service.ts'
import { checkUpdated, revise } from '../update.ts'
import {
  type IssuerPolicy,
  type IssuerTrust,
  IssuerTrustFields,
  type IssuerTrustPatch,
  type IssuerTrustView,
  type NewIssuerTrust,
  type RefreshedKeys,
} from './trusted-issuer.ts'

const ISSUERS_MAX = 100
const IN_USE = 'The realm trusts this issuer already.'

/**
 * Trusts an issuer.
 * @throws Failure `already_exists`, `limit_reached`, `invalid_input` for keys or an address that cannot be used, `invalid_target`, `not_found`
 */
export async function createIssuerTrust(context: Context, input: NewIssuerTrust): Promise<IssuerTrustView> {
  const realm = realmOf(context.scope)
  checkKeys(context, input)
  const made = { ...input, ...firstVersion(context) }
  return context.write(async (unit) => {
    const trust = { ...made, policies: await checkedPolicies(context, unit, input.policies, []) }
    if ((await unit.trustedIssuers.all(realm.id)).length >= ISSUERS_MAX) {
      throw new Failure('limit_reached', `A realm trusts at most ${ISSUERS_MAX} issuers.`)
    }
    if (!(await unit.trustedIssuers.insert(trust))) throw new Failure('already_exists', IN_USE)
    emitEvent(unit, 'trusted_issuer.created', trust)
    return IssuerTrustFields.show(trust)
  })
}

/** @throws Failure `not_found` */
export async function getIssuerTrust(context: Context, { id }: { id: string }): Promise<IssuerTrustView> {
  return IssuerTrustFields.show(await requireIssuerTrust(context, context.read, id))
}

/** @throws Failure `not_found`, `precondition_failed`, `invalid_input`, `invalid_target` */
export async function updateIssuerTrust(
  context: Context,
  { id, ifVersion, ...patch }: IssuerTrustPatch,
): Promise<IssuerTrustView> {
  return context.write(async (unit) => {
    const before = await requireIssuerTrust(context, unit, id)
    if (ifVersion !== undefined && ifVersion !== before.version) throw new Failure('precondition_failed')
    const policies = patch.policies && (await checkedPolicies(context, unit, patch.policies, before.policies))
    const revised = revise(IssuerTrustFields, before, { ...patch, ...(policies && { policies }) }, context.clock.now())
    if (!revised) return IssuerTrustFields.show(before)
    checkKeys(context, revised.after)
    checkUpdated(await unit.trustedIssuers.update(revised.after), IN_USE)
    emitEvent(unit, 'trusted_issuer.updated', revised.after, { ...revised.change })
    return IssuerTrustFields.show(revised.after)
  })
}

/** Trusts an issuer no more, and forgets which subjects it had. @throws Failure `not_found` */
export async function deleteIssuerTrust(context: Context, { id }: { id: string }): Promise<void> {
  const realm = realmOf(context.scope)
  await context.write(async (unit) => {
    const trust = await requireIssuerTrust(context, unit, id)
    if (!(await unit.trustedIssuers.delete(realm.id, id, context.clock.now()))) throw new Failure('not_found')
    await unit.subjectMappings.deleteOfIssuer(id)
    emitEvent(unit, 'trusted_issuer.deleted', trust)
  })
}

/** @throws Failure `not_found` */
export async function requireIssuerTrust(
  { scope }: Pick<Context, 'scope'>,
  { trustedIssuers }: Pick<Stores, 'trustedIssuers'>,
  id: string,
): Promise<IssuerTrust> {
  const trust = await trustedIssuers.find(realmOf(scope).id, id)
  if (!trust) throw new Failure('not_found')
  return trust
}

function checkKeys({ network }: Context, { issuer, jwksUri, jwks }: Pick<IssuerTrust, 'issuer' | 'jwksUri' | 'jwks'>) {
  if (jwks === null) return checkIssuer(network, '', { issuer, jwksUri })
  const flaws = jwksUri ? [{ path: 'jwks', message: 'give keys or their URL, not both' }] : checkClientKeys(jwks)
  const [flaw] = flaws
  if (flaw) throw new Failure('invalid_input', { message: `${flaw.path}: ${flaw.message}`, flaws })
}

/**
 * Policies with ids and with identifiers of resources.
 * @param before those whose ids stay
 * @throws Failure `invalid_target`, `not_found` for an unknown client
 */
export async function checkedPolicies(
  { registry, scope, random }: Context,
  unit: Unit,
  policies: readonly IssuerPolicy[],
  before: readonly Pick<IssuerPolicy, 'id'>[],
): Promise<(IssuerPolicy & { readonly id: string })[]> {
  const realm = realmOf(scope)
  for (const id of new Set(policies.flatMap(({ clients }) => clients))) {
    if (!(await unit.clients.find(realm.id, id)))
      throw new Failure('not_found', 'A client of the policies does not exist.')
  }
  const ids = policies.map(({ id }) => id)
  const stays = (id: string | undefined, index: number) =>
    id !== undefined && ids.indexOf(id) === index && before.some((policy) => policy.id === id)
  return Promise.all(
    policies.map(async (policy, index) => ({
      ...policy,
      id: stays(policy.id, index) ? (policy.id as string) : random.id(),
      resources: await resourceIdentifiers(unit, policy.resources, registry.settings),
    })),
  )
}

/**
 * Fetches the keys of an issuer anew, for this process. Others do so when a key is unknown to them.
 * @returns how many keys it has, or why they could not be fetched
 * @throws Failure `not_found`, `conflict` for an issuer whose keys were given
 */
export async function refreshIssuerKeys(context: Context, { id }: { id: string }): Promise<RefreshedKeys> {
  const trust = await requireIssuerTrust(context, context.read, id)
  if (trust.jwks) throw new Failure('conflict', 'The keys of this issuer were given, and are fetched from nowhere.')
  const refreshed = await fetchKeys(context, trust)
  const { status, keys } = refreshed
  await context.write((unit) => emitEvent(unit, 'trusted_issuer.keys_fetched', trust, { status, keys }))
  return refreshed
}

async function fetchKeys(context: Context, trust: IssuerTrust): Promise<RefreshedKeys> {
  try {
    const { keys } = await freshKeys(context, await keysOfIssuer(context, trust))
    return { status: 'refreshed', keys: keys.length, problem: null }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return { status: 'unreachable', keys: 0, problem: error.message }
  }
}

/** Emits an event about a trusted issuer. */
export function emitEvent(
  unit: Unit,
  type: EventType,
  { id, name, issuer, realmId }: IssuerTrust,
  data: object = {},
): void {
  unit.emit(type, { subject: { type: 'trusted_issuer', id, label: name }, realmId, data: { issuer, ...data } })
}
