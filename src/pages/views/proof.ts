// What of a form asks for a proof of work. Until its script runs, the form says for how long it has to wait without it.
import type { Challenge } from '#domain/proof-of-work/proof-of-work.ts'
import { PROOF_JS } from './assets.ts'
import { hidden } from './form.ts'
import { type Frame, wordsOf } from './layout.ts'
import { type Content, html } from './markup.ts'

/** The form posts `proof` and `solution` besides its own fields. */
export interface ProofProps {
  readonly challenge: Challenge
  /** Where the script gets another challenge: a path on this server. */
  readonly renew: string
  /** Seconds until the form can be sent without a solution. */
  readonly slowWait: number
}

/** Why a form is shown again. */
export type ProofProblem =
  | { readonly kind: 'proof_missing' }
  /** It was sent without a solution; `retryAfter` is in seconds. */
  | { readonly kind: 'proof_early'; readonly retryAfter: number }

/** The fields of a proof, and the script; nothing where none is asked for. They belong into the form. */
export function proofFields(page: { readonly frame: Frame }, proof: ProofProps | undefined): Content {
  if (!proof) return undefined
  const words = wordsOf(page, 'proof')
  const slow = words.waitSeconds(proof.slowWait)
  return html`<div
      data-proof
      data-bits=${String(proof.challenge.partBits)}
      data-renew=${proof.renew}
      data-working=${words.working}
      data-done=${words.done}
      data-slow=${slow}
    >
      ${hidden({ proof: proof.challenge.text, solution: '' })}
      <p class="hint">${words.why}</p>
      <p class="hint" role="status" aria-live="polite" data-status>${slow}</p>
    </div>
    <script src=${PROOF_JS.path} defer></script>`
}

/** A problem as a sentence. */
export function explainProof(page: { readonly frame: Frame }, problem: ProofProblem): string {
  const words = wordsOf(page, 'proof')
  return problem.kind === 'proof_early' ? words.waitSeconds(Math.max(1, Math.ceil(problem.retryAfter))) : words.missing
}
