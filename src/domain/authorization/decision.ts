import type { ErrorCode } from '#kernel/error.ts'
import type { Session } from '../session/session.ts'
import type { AuthorizationRequest, Progress } from './authorization-request.ts'

/** Everything that the answer to an authorization request depends on. */
export interface Situation {
  readonly request: Pick<AuthorizationRequest, 'prompt' | 'maxAge' | 'aal' | 'hint'>
  readonly progress: Progress
  /** The browser’s session, if it has one that holds. */
  readonly session: Pick<Session, 'userId' | 'aal' | 'authenticatedAt'> | undefined
  /** Whether the user allowed all of this before. */
  readonly consented: boolean
  readonly firstParty: boolean
  /** The assurance level below which the realm issues no code. */
  readonly minAal: number
  /** The highest that a sign-in here can reach. */
  readonly reachableAal: number
  /** Milliseconds since 1970. */
  readonly now: number
}

/** What comes next for an authorization request. */
export type Decision = 'sign_in' | 'consent' | 'issue' | { readonly refuse: ErrorCode }

/**
 * Decides what comes next (OpenID Connect Core §3.1.2.3 to §3.1.2.6). With `prompt=none` that is never a page. A sign-in
 * made for the request counts as recent until the request is answered, so that `max_age=0` comes to an end.
 */
export function decide(situation: Situation): Decision {
  const { request, progress, session, reachableAal } = situation
  const silent = request.prompt.includes('none')
  const aal = Math.max(situation.minAal, request.aal)
  if (progress.denied) return { refuse: 'access_denied' }
  if (aal > reachableAal) return { refuse: 'unmet_authentication_requirements' }
  if (!session || progress.switching) return silent ? { refuse: 'login_required' } : 'sign_in'
  const fresh = progress.signedIn === session.userId
  if (isSomebodyElse(situation, silent)) return silent || fresh ? { refuse: 'login_required' } : 'sign_in'
  if (!fresh && isTooOld(situation)) return silent ? { refuse: 'login_required' } : 'sign_in'
  if (session.aal < aal) return steppingUp(silent, fresh)
  if (!needsConsent(situation, session.userId)) return 'issue'
  return silent ? { refuse: 'consent_required' } : 'consent'
}

// A hint that names nobody, a forged one perhaps, is no reason to refuse a person who can be asked.
function isSomebodyElse({ request: { hint }, session }: Situation, silent: boolean): boolean {
  if (!hint) return false
  return hint.userId === undefined ? silent : hint.userId !== session?.userId
}

function isTooOld({ request: { prompt, maxAge }, session, now }: Situation): boolean {
  if (prompt.includes('login') || prompt.includes('select_account')) return true
  return maxAge !== null && session !== undefined && now - session.authenticatedAt >= maxAge * 1000
}

function steppingUp(silent: boolean, fresh: boolean): Decision {
  if (silent) return { refuse: 'interaction_required' }
  return fresh ? { refuse: 'unmet_authentication_requirements' } : 'sign_in'
}

function needsConsent({ request, progress, consented, firstParty }: Situation, userId: string): boolean {
  if (progress.allowed === userId) return false
  return request.prompt.includes('consent') || !(firstParty || consented)
}
