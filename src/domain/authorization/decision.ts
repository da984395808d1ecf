// Decides the next step of an authorization request.
import type { ErrorCode } from '#kernel/error.ts'
import { FRESH_SIGN_IN } from '../permitted.ts'
import type { Session } from '../session/session.ts'
import type { AuthorizationRequest, Progress } from './authorization-request.ts'
import type { OrganizationChoice } from './chosen-organization.ts'

/** Everything that the decision depends on. */
export interface DecisionInput {
  readonly request: Pick<AuthorizationRequest, 'prompt' | 'maxAge' | 'aal' | 'hint'>
  readonly progress: Progress
  /** The browser’s session, if it has a valid one. Its level is that for the client: 0 if the client does not take its methods. */
  readonly session: Pick<Session, 'userId' | 'aal' | 'authenticatedAt'> | undefined
  /** Whether the user consented to all of this before. */
  readonly consented: boolean
  readonly firstParty: boolean
  /** What is known about the organization that the user signs in for. */
  readonly organization: OrganizationChoice['kind']
  /** The minimum assurance level at which the realm issues a code for the client. */
  readonly minAal: number
  /** The highest assurance level that a sign-in can reach in the realm, with the methods that the client takes. */
  readonly reachableAal: number
  /** Milliseconds since 1970. */
  readonly now: number
}

/** The values of `prompt` for which the person signs in, or makes an account, in any case. */
const PROMPTS_THAT_ASK = ['login', 'select_account', 'create'] as const

/**
 * The next step of an authorization request. `step_up`: the recent sign-in needs a second factor. `organization`: the
 * user has to choose one, or is not a member.
 */
export type Decision = 'sign_in' | 'step_up' | 'organization' | 'consent' | 'issue' | { readonly refuse: ErrorCode }

/**
 * Decides the next step (OpenID Connect Core §3.1.2.3 to §3.1.2.6). With `prompt=none` it is never a page. A sign-in
 * for this request satisfies every `max_age` until the request ends, so that `max_age=0` does not loop.
 */
export function decide(input: DecisionInput): Decision {
  const { request, progress, session, reachableAal } = input
  const silent = request.prompt.includes('none')
  const aal = Math.max(input.minAal, request.aal)
  if (progress.denied) return { refuse: 'access_denied' }
  if (progress.unreachable || aal > reachableAal) return { refuse: 'unmet_authentication_requirements' }
  if (!session || progress.switching || session.aal === 0) return silent ? { refuse: 'login_required' } : 'sign_in'
  const fresh = progress.signedIn === session.userId
  if (isSomebodyElse(input, silent)) return silent || fresh ? { refuse: 'login_required' } : 'sign_in'
  if (!fresh && isTooOld(input)) return silent ? { refuse: 'login_required' } : 'sign_in'
  if (session.aal < aal) return steppingUp(input, silent, fresh)
  if (input.organization === 'foreign' || input.organization === 'open') return choosing(input, silent)
  if (!needsConsent(input, session.userId)) return 'issue'
  return silent ? { refuse: 'consent_required' } : 'consent'
}

// A hint that identifies nobody may be forged. The user can still sign in, so the request is not refused.
function isSomebodyElse({ request: { hint }, session }: DecisionInput, silent: boolean): boolean {
  if (!hint) return false
  return hint.userId === undefined ? silent : hint.userId !== session?.userId
}

function isTooOld({ request: { prompt, maxAge }, session, now }: DecisionInput): boolean {
  if (PROMPTS_THAT_ASK.some((value) => prompt.includes(value))) return true
  return maxAge !== null && session !== undefined && now - session.authenticatedAt >= maxAge * 1000
}

function steppingUp({ session, now }: DecisionInput, silent: boolean, fresh: boolean): Decision {
  if (silent) return { refuse: 'interaction_required' }
  const isRecent = session !== undefined && now - session.authenticatedAt < FRESH_SIGN_IN * 1000
  return fresh || isRecent ? 'step_up' : 'sign_in'
}

// Who is not a member may be with another account.
function choosing({ organization }: DecisionInput, silent: boolean): Decision {
  if (!silent) return 'organization'
  return { refuse: organization === 'open' ? 'interaction_required' : 'access_denied' }
}

function needsConsent({ request, progress, consented, firstParty }: DecisionInput, userId: string): boolean {
  if (progress.allowed === userId) return false
  return request.prompt.includes('consent') || !(firstParty || consented)
}
