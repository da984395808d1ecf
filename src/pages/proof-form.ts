// What the forms share that ask for a proof of work: the challenge in the page, and the proof that comes back.
import type { Context } from '#domain/context.ts'
import { asksForProof, newChallenge, takeProof } from '#domain/proof-of-work/proof-of-work.service.ts'
import { type Challenge, type ProofForm, SLOW_WAIT } from '#domain/proof-of-work/proof-of-work.ts'
import { readCookie } from '#web/cookies.ts'
import type { RealmRequest } from '#web/realm-request.ts'
import type { ProofProblem, ProofProps } from './views/proof.ts'

/** Why a form does not go on, and the challenge with which it is shown again, if that one still counts. */
export interface RefusedProof {
  readonly problem: ProofProblem | { readonly kind: 'too_many_attempts'; readonly retryAfter: number }
  readonly challenge: Challenge | undefined
}

/**
 * The proof that a form asks for.
 * @param browserSecret of the browser that gets the form
 * @param renew the path of the page on this server
 * @param challenge the one that the form had before; undefined for a new one
 * @returns undefined where none is asked for
 */
export async function proofFor(
  context: Context,
  { form, browserSecret, renew }: { form: ProofForm; browserSecret: string | undefined; renew: string },
  challenge?: Challenge,
): Promise<ProofProps | undefined> {
  if (!challenge && !(await asksForProof(context))) return undefined
  const shown = challenge ?? newChallenge(context, { form, browserSecret })
  const waited = Math.floor((context.clock.now() - shown.issuedAt) / 1000)
  return { challenge: shown, renew, slowWait: Math.max(1, SLOW_WAIT - waited) }
}

/** Takes the proof of a form, where one is asked for. @returns undefined if the form goes on */
export async function refusedProof(
  context: Context,
  realmRequest: RealmRequest,
  form: ProofForm,
): Promise<RefusedProof | undefined> {
  if (!(await asksForProof(context))) return undefined
  const given = { challenge: realmRequest.form.get('proof'), solution: realmRequest.form.get('solution') }
  const outcome = await takeProof(context, { form, browserSecret: readCookie(realmRequest, 'browser') }, given)
  if (outcome.kind === 'passed') return undefined
  if (outcome.kind === 'missing') return { problem: { kind: 'proof_missing' }, challenge: undefined }
  const { kind, retryAfter, challenge } = outcome
  return { problem: { kind: kind === 'early' ? 'proof_early' : kind, retryAfter }, challenge }
}
