// Checks that people can pass flows in a realm as it is.
import { Failure, type Flaw } from '#kernel/error.ts'
import type { Context, Stores } from '../context.ts'
import { sendsMail } from '../mail/mail.ts'
import type { Realm } from '../realm/realm.ts'
import { reachableAal } from '../sign-in/methods.ts'
import type { Flow } from './flow.ts'
import { allSteps, readSteps, type Step } from './step.ts'

/** What of a step nobody could pass, or what leads where people are not sent. */
export function flawsOf({ network }: Pick<Context, 'network'>, realm: Realm, step: Step): Flaw[] {
  const path = `steps.${step.address}`
  const isFactor = step.type === 'require_mfa_challenge' || step.type === 'require_mfa_enrollment'
  if (isFactor && reachableAal(realm) < 2) return [{ path, message: 'no second factor is on in this realm' }]
  if (step.type === 'require_mfa_enrollment' && !realm.policy.totpEnabled) {
    return [{ path, message: 'people cannot set up an authenticator app in this realm' }]
  }
  if (step.type === 'require_email_verification' && !sendsMail({ network, scope: { realm } })) {
    return [{ path, message: 'this server sends no mail: no mail server is configured' }]
  }
  if (step.type !== 'redirect') return []
  const { url } = step.config
  const isAllowed = URL.canParse(url) && realm.policy.flowRedirectOrigins.includes(new URL(url).origin)
  if (!isAllowed)
    return [{ path: `${path}.config.url`, message: 'not of an origin in flow_redirect_origins of the realm' }]
  return url.includes('#') ? [{ path: `${path}.config.url`, message: 'has a fragment' }] : []
}

/** What of a flow has no effect by now, or keeps people out, in sentences. */
export function noticesOf({ network }: Pick<Context, 'network'>, realm: Realm, flow: Flow): string[] {
  const steps = allSteps(readSteps(flow.steps))
  const flaws = steps.flatMap((step) => flawsOf({ network }, realm, step))
  const blocked = flaws.map(({ path, message }) => `Nobody passes ${path}: ${message}.`)
  const isMagicOff =
    flow.trigger === 'magic_link' && !(realm.magicLinkEnabled && sendsMail({ network, scope: { realm } }))
  const isSignupOff = flow.trigger === 'signup' && realm.policy.userRegistration === 'closed'
  return [
    ...blocked,
    ...(isMagicOff ? ['It never runs: nobody signs in by mail in this realm.'] : []),
    ...(isSignupOff ? ['It never runs: nobody can make an account in this realm.'] : []),
  ]
}

/**
 * Checks inside a write that a changed realm lets people still pass its enabled flows.
 * @throws Failure `invalid_request`
 */
export async function checkFlowsPassable(
  context: Pick<Context, 'network'>,
  { flows }: Pick<Stores, 'flows'>,
  before: Realm,
  after: Realm,
): Promise<void> {
  for (const { name, steps } of await flows.inMode(after.id, 'enabled')) {
    for (const step of allSteps(readSteps(steps))) {
      const [flaw] = flawsOf(context, after, step)
      if (!flaw || flawsOf(context, before, step).length > 0) continue
      const path = 'policy'
      const message = `nobody would pass the flow “${name}”, ${flaw.path}: ${flaw.message}`
      throw new Failure('invalid_request', { message, flaws: [{ path, message }] })
    }
  }
}
