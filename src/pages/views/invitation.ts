// The pages to accept an invitation.
import { field, hidden, submit } from './form.ts'
import { type Frame, pageText } from './layout.ts'
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

const words = {
  title: (organization: string) => `Join ${organization}`,
  heading: (organization: Content): Content => ['Join ', organization],
  unnamed: 'an organization without a name',
  lead: (organization: Content): Content => ['You are invited to become a member of ', organization, '.'],
  invited: 'The invitation is for',
  until: 'It is valid until',
  error: 'Error: ',
  wrongAccount: (email: Content): Content => [
    'You are signed in as ',
    email,
    ', but the invitation is for another address. Use the account of that address to accept it.',
  ],
  email: 'E-mail',
  password: 'Password',
  rule: (length: number) => `At least ${length} characters. A few unrelated words are strong and easy to remember.`,
  haveAccount: 'You have an account here. Enter its password to accept.',
  needAccount: 'You have no account here yet. Choose a password, and it is made for you.',
  join: 'Accept the invitation',
  sign_in: 'Sign in and accept',
  register: 'Create the account and accept',
  switch_account: 'Use another account',
}

/** The page of an invitation’s link. Opening it changes nothing. */
export function invitation(props: InvitationProps): string {
  const { step } = props
  const name = plainText(props.organization, 80) || words.unnamed
  const problem = problemOf(step)
  const until = new Date(props.expiresAt).toISOString()
  const content = html`<div class="stack">
    <div class="heading">
      <h1>${words.heading(html`<bdi>${name}</bdi>`)}</h1>
      <p class="lead">${words.lead(html`<strong><bdi>${name}</bdi></strong>`)}</p>
    </div>
    ${problemNotice(problem)}
    ${step.kind === 'switch_account' && notice('caution', html`<p>${wrongAccount(step.signedInAs)}</p>`)}
    <dl class="facts">
      <div><dt>${words.invited}</dt><dd><bdi>${plainText(props.email, 254)}</bdi></dd></div>
      <div>
        <dt>${words.until}</dt>
        <dd><time datetime=${until}>${until.slice(0, 16).replace('T', ' ')} UTC</time></dd>
      </div>
    </dl>
    <form class="stack" method="post" action=${props.action}>
      ${hidden({ invitation: props.token, csrf: props.csrf })}
      ${asked(props, problem)}
      <div class="actions">${submit('primary', words[step.kind], step.kind)}</div>
    </form>
  </div>`
  return pageText({ frame: props.frame, title: (problem ? words.error : '') + words.title(name), content })
}

function asked({ step, email }: InvitationProps, problem: string | undefined): Content {
  if (step.kind !== 'sign_in' && step.kind !== 'register') return null
  const isNew = step.kind === 'register'
  return html`<div class="stack">
    <p>${isNew ? words.needAccount : words.haveAccount}</p>
    ${field({
      name: 'email',
      label: words.email,
      type: 'text',
      autocomplete: 'username',
      value: plainValue(email),
      readonly: true,
    })}
    ${field({
      name: 'password',
      label: words.password,
      type: 'password',
      autocomplete: isNew ? 'new-password' : 'current-password',
      hint: isNew ? words.rule(step.passwordLength) : undefined,
      minLength: isNew ? step.passwordLength : undefined,
      autofocus: true,
      problemId: problem && 'problem',
      invalid: problem !== undefined && step.problem !== undefined && !isWait(step.problem),
    })}
  </div>`
}

function problemOf(step: InvitationStep): string | undefined {
  if (step.kind === 'sign_in') return step.problem && explainSignIn(step.problem, true)
  return step.kind === 'register' && step.problem ? plainText(step.problem, 240) : undefined
}

function isWait(problem: SignInProblem | string): boolean {
  return typeof problem !== 'string' && problem.kind === 'too_many_attempts'
}

function wrongAccount(email: string): Content {
  return words.wrongAccount(html`<strong><bdi>${plainText(email, 254)}</bdi></strong>`)
}
