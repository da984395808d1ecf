// The page on which the first administrator is created.
import { field, hidden, submit } from './form.ts'
import { type Frame, pageText } from './layout.ts'
import { html } from './markup.ts'
import { notice } from './notice.ts'
import { plainText, plainValue } from './plain-text.ts'

/** The form posts `token`, `csrf`, `email` and `password`. */
export interface GetStartedProps {
  readonly frame: Frame
  /** Where the form is posted: a path on this server. */
  readonly action: string
  readonly csrf: string
  /** The secret of the bootstrap link, posted back; absent if a cookie carries it. */
  readonly token?: string | undefined
  /** What was typed before. */
  readonly email?: string | undefined
  /** The fewest characters a password may have. */
  readonly passwordLength: number
  /** What was wrong, by field; each a sentence. */
  readonly problems?: { readonly email?: string | undefined; readonly password?: string | undefined } | undefined
}

export interface GetStartedDoneProps {
  readonly frame: Frame
  readonly email: string
  /** Where to go on: the console or the sign-in page of this server. */
  readonly continueTo?: { readonly uri: string; readonly label: string } | undefined
  /** The address of the account. */
  readonly account?: string | undefined
}

export interface GetStartedExpiredProps {
  readonly frame: Frame
}

const words = {
  title: 'Create the first administrator',
  lead: 'This server is new. Whoever holds this link becomes its administrator; the link works once.',
  error: 'Error: ',
  problems: 'The account was not created. Correct what is marked below.',
  email: 'E-mail',
  password: 'Password',
  rule: (length: number) => `At least ${length} characters. A few unrelated words are strong and easy to remember.`,
  submit: 'Create administrator',
  doneTitle: 'You are set up',
  done: 'is the administrator of this server now. Keep the password in a safe place: there is no second link.',
  secondStep: 'A password alone guards this server now. Set up a passkey or an authenticator app in your account.',
  account: 'Open your account',
  expiredTitle: 'This link is no longer valid',
  expired: 'It was used already, has expired, or is incomplete.',
  expiredAdvice: 'If nobody has an account yet, look for a newer link in the server’s log. If you have one, sign in.',
}

/** The page of the one-time bootstrap link: makes the first administrator. */
export function getStarted(props: GetStartedProps): string {
  const { problems, passwordLength } = props
  const email = plainValue(props.email ?? '')
  const failed = Boolean(problems?.email || problems?.password)
  const content = html`<div class="stack">
    <div class="heading">
      <h1>${words.title}</h1>
      <p class="lead">${words.lead}</p>
    </div>
    ${failed && notice('problem', html`<p>${words.problems}</p>`)}
    <form class="stack" method="post" action=${props.action}>
      ${hidden({ token: props.token, csrf: props.csrf })}
      ${field({
        name: 'email',
        label: words.email,
        type: 'text',
        autocomplete: 'username',
        value: email || undefined,
        problem: problems?.email && plainText(problems.email, 240),
        autofocus: !email || Boolean(problems?.email),
      })}
      ${field({
        name: 'password',
        label: words.password,
        type: 'password',
        autocomplete: 'new-password',
        hint: words.rule(passwordLength),
        minLength: passwordLength,
        problem: problems?.password && plainText(problems.password, 240),
        autofocus: email !== '' && !problems?.email,
      })}
      <div class="actions">${submit('primary', words.submit)}</div>
    </form>
  </div>`
  return pageText({ frame: props.frame, title: (failed ? words.error : '') + words.title, content })
}

/** The page after the first administrator was made. */
export function getStartedDone({ frame, email, continueTo, account }: GetStartedDoneProps): string {
  const content = html`<div class="stack">
    <div class="heading">
      <h1>${words.doneTitle}</h1>
      <p class="lead"><strong><bdi>${plainText(email, 254)}</bdi></strong> ${words.done}</p>
      ${account && html`<p class="lead">${words.secondStep}</p>`}
    </div>
    ${
      continueTo &&
      html`<div class="actions">
        <a class="button primary" href=${continueTo.uri}>${plainText(continueTo.label, 64)}</a>
      </div>`
    }
    ${account && html`<p class="aside"><a href=${account}>${words.account}</a></p>`}
  </div>`
  return pageText({ frame, title: words.doneTitle, content })
}

/** The page of a bootstrap link that does not work any more. */
export function getStartedExpired({ frame }: GetStartedExpiredProps): string {
  const content = html`<div class="stack">
    <div class="heading">
      <h1>${words.expiredTitle}</h1>
      <p class="lead">${words.expired}</p>
    </div>
    <p class="aside">${words.expiredAdvice}</p>
  </div>`
  return pageText({ frame, title: words.expiredTitle, content })
}
