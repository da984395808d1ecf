// Decides about the policies of trusted issuers, each by its id.
import { Failure } from '#kernel/error.ts'
import type { Page } from '#kernel/page.ts'
import type { Context, Stores, Unit } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { checkUpdated, definedOnly, revise } from '../update.ts'
import { checkedPolicies, emitEvent, requireIssuerTrust } from './trusted-issuer.service.ts'
import {
  type IssuerPolicyPatch,
  type IssuerPolicyQuery,
  type IssuerPolicyView,
  type IssuerTrust,
  IssuerTrustFields,
  type NewIssuerPolicy,
  POLICIES_MAX,
} from './trusted-issuer.ts'

/** Adds a policy to an issuer. @throws Failure `not_found`, `limit_reached`, `invalid_target` */
export async function createIssuerPolicy(
  context: Context,
  { trustedIssuerId, ...policy }: NewIssuerPolicy,
): Promise<IssuerPolicyView> {
  return context.write(async (unit) => {
    const trust = await lockIssuer(context, unit, trustedIssuerId)
    if (trust.policies.length >= POLICIES_MAX) {
      throw new Failure('limit_reached', `An issuer has at most ${POLICIES_MAX} policies.`)
    }
    const [made] = await checkedPolicies(context, unit, [policy], [])
    if (!made) throw new Failure('not_found')
    await replace(context, unit, trust, [...trust.policies, made])
    return { ...made, trustedIssuerId }
  })
}

/** The policies of a realm, those of one issuer together, oldest first. */
export async function listIssuerPolicies(
  { read, scope }: Context,
  { trustedIssuerId, limit, offset = 0 }: IssuerPolicyQuery,
): Promise<Page<IssuerPolicyView>> {
  const all = (await read.trustedIssuers.all(realmOf(scope).id)).flatMap(viewPolicies)
  const meant = all.filter((policy) => trustedIssuerId === undefined || policy.trustedIssuerId === trustedIssuerId)
  return { data: meant.slice(offset, offset + limit), nextCursor: null, count: { value: meant.length } }
}

/** @throws Failure `not_found` */
export async function getIssuerPolicy(context: Context, { id }: { id: string }): Promise<IssuerPolicyView> {
  const view = viewPolicies(await issuerWith(context, context.read, id)).find((policy) => policy.id === id)
  if (!view) throw new Failure('not_found')
  return view
}

/** @throws Failure `not_found`, `invalid_target` */
export async function updateIssuerPolicy(
  context: Context,
  { id, ...patch }: IssuerPolicyPatch,
): Promise<IssuerPolicyView> {
  return context.write(async (unit) => {
    const trust = await lockIssuer(context, unit, (await issuerWith(context, unit, id)).id)
    const before = trust.policies.find((policy) => policy.id === id)
    if (!before) throw new Failure('not_found')
    const [after] = await checkedPolicies(context, unit, [{ ...before, ...definedOnly(patch) }], [before])
    if (!after) throw new Failure('not_found')
    await replace(
      context,
      unit,
      trust,
      trust.policies.map((policy) => (policy.id === id ? after : policy)),
    )
    return { ...after, trustedIssuerId: trust.id }
  })
}

/** @throws Failure `not_found` */
export async function deleteIssuerPolicy(context: Context, { id }: { id: string }): Promise<void> {
  await context.write(async (unit) => {
    const trust = await lockIssuer(context, unit, (await issuerWith(context, unit, id)).id)
    const left = trust.policies.filter((policy) => policy.id !== id)
    if (left.length === trust.policies.length) throw new Failure('not_found')
    await replace(context, unit, trust, left)
  })
}

function viewPolicies(trust: IssuerTrust): IssuerPolicyView[] {
  return IssuerTrustFields.show(trust).policies.map((policy) => ({ ...policy, trustedIssuerId: trust.id }))
}

async function issuerWith({ scope }: Context, { trustedIssuers }: Stores, id: string): Promise<IssuerTrust> {
  const all = await trustedIssuers.all(realmOf(scope).id)
  const found = all.find(({ policies }) => policies.some((policy) => policy.id === id))
  if (!found) throw new Failure('not_found')
  return found
}

/** Whoever changes the policies of an issuer waits for others that do. */
async function lockIssuer(context: Context, unit: Unit, id: string): Promise<IssuerTrust> {
  await unit.trustedIssuers.lock(realmOf(context.scope).id, id)
  return requireIssuerTrust(context, unit, id)
}

async function replace(context: Context, unit: Unit, trust: IssuerTrust, policies: IssuerTrust['policies']) {
  const revised = revise(IssuerTrustFields, trust, { policies }, context.clock.now())
  if (!revised) return
  checkUpdated(await unit.trustedIssuers.update(revised.after), '')
  emitEvent(unit, 'trusted_issuer.updated', revised.after, { ...revised.change })
}
