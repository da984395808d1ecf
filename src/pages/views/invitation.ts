// The pages to accept an invitation.
import { field, hidden, submit } from './form.ts'
import { type Frame, pageText, tabTitle, wordsOf } from './layout.ts'
import { type Content, html } from './markup.ts'
import { notice, problemNotice } from './notice.ts'
import { plainText, plainValue } from './plain-text.ts'
import { explainSignIn, type SignInProblem } from './sign-in.ts'

/** The next step, which depends on who is signed in and whether the invited address has an account. */
export type InvitationStep =
  /** The invited user is signed in. */
  | { readonly kind: 'join' }
  /** Another user is signed in. */
  | { readonly kind: 'switch_account'; readonly signedInAs: string }
  | { readonly kind: 'sign_in'; readonly problem?: SignInProblem | undefined }
  /** `passwordLength` is the fewest characters a password may have, `problem` a sentence about the one that was given. */
  | { readonly kind: 'register'; readonly passwordLength: number; readonly problem?: string | undefined }

/** The form posts `invitation`, `csrf`, `password` where it asks for one, and `decision`: the step’s kind. */
export interface InvitationProps {
  readonly frame: Frame
  /** Where the form is posted: a path on this server. */
  readonly action: string
  readonly csrf: string
  /** The token of the link, posted back. */
  readonly token: string
  readonly organization: string
  /** The invited address. */
  readonly email: string
  /** Until when it may be accepted, in milliseconds since 1970. */
  readonly expiresAt: number
  readonly step: InvitationStep
}

/** The page of an invitation’s link. Opening it changes nothing. */
export function invitation(props: InvitationProps): string {
  const { step } = props
  const words = wordsOf(props, 'invitation')
  const name = plainText(props.organization, 80) || words.unnamed
  const problem = problemOf(props)
  const until = new Date(props.expiresAt).toISOString()
  const content = html`<div class="stack">
    <div class="heading">
      <h1>${words.heading(html`<bdi>${name}</bdi>`)}</h1>
      <p class="lead">${words.lead(html`<strong><bdi>${name}</bdi></strong>`)}</p>
    </div>
    ${problemNotice(problem)}
    ${step.kind === 'switch_account' && notice('caution', html`<p>${words.wrongAccount(html`<strong><bdi>${plainText(step.signedInAs, 254)}</bdi></strong>`)}</p>`)}
    <dl class="facts">
      <div><dt>${words.invited}</dt><dd><bdi>${plainText(props.email, 254)}</bdi></dd></div>
      <div>
        <dt>${words.until}</dt>
        <dd><time datetime=${until}>${props.frame.language.moment(props.expiresAt)}</time></dd>
      </div>
    </dl>
    <form class="stack" method="post" action=${props.action}>
      ${hidden({ invitation: props.token, csrf: props.csrf })}
      ${asked(props, problem)}
      <div class="actions">${submit('primary', submitText(props), step.kind)}</div>
    </form>
  </div>`
  return pageText({
    frame: props.frame,
    title: tabTitle(props, words.heading(name).join(''), problem !== undefined),
    content,
  })
}

function submitText(props: InvitationProps): string {
  const { kind } = props.step
  return kind === 'switch_account' ? wordsOf(props, 'form').useAnother : wordsOf(props, 'invitation')[kind]
}

function asked(props: InvitationProps, problem: string | undefined): Content {
  const { step, email } = props
  const [words, forms] = [wordsOf(props, 'invitation'), wordsOf(props, 'form')]
  if (step.kind !== 'sign_in' && step.kind !== 'register') return null
  const isNew = step.kind === 'register'
  return html`<div class="stack">
    <p>${isNew ? words.needAccount : words.haveAccount}</p>
    ${field({
      name: 'email',
      label: forms.email,
      type: 'text',
      autocomplete: 'username',
      value: plainValue(email),
      readonly: true,
    })}
    ${field({
      name: 'password',
      label: forms.password,
      type: 'password',
      autocomplete: isNew ? 'new-password' : 'current-password',
      hint: isNew ? forms.passwordRule(step.passwordLength) : undefined,
      minLength: isNew ? step.passwordLength : undefined,
      autofocus: true,
      problemId: problem && 'problem',
      invalid: problem !== undefined && step.problem !== undefined && !isWait(step.problem),
    })}
  </div>`
}

function problemOf(props: InvitationProps): string | undefined {
  const { step } = props
  if (step.kind === 'sign_in') return step.problem && explainSignIn(props, step.problem, true)
  return step.kind === 'register' && step.problem ? plainText(step.problem, 240) : undefined
}

function isWait(problem: SignInProblem | string): boolean {
  return typeof problem !== 'string' && problem.kind === 'too_many_attempts'
}
