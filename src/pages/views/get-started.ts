// The page on which the first administrator is created.
import { field, hidden, submit } from './form.ts'
import { type Frame, pageText, tabTitle, wordsOf } from './layout.ts'
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
  readonly continueTo?: { readonly uri: string } | undefined
  /** The address of the account. */
  readonly account?: string | undefined
}

export interface GetStartedExpiredProps {
  readonly frame: Frame
}

/** The page of the one-time bootstrap link: makes the first administrator. */
export function getStarted(props: GetStartedProps): string {
  const { problems, passwordLength } = props
  const [words, forms] = [wordsOf(props, 'getStarted'), wordsOf(props, 'form')]
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
        label: forms.email,
        type: 'text',
        autocomplete: 'username',
        value: email || undefined,
        problem: problems?.email && plainText(problems.email, 240),
        autofocus: !email || Boolean(problems?.email),
      })}
      ${field({
        name: 'password',
        label: forms.password,
        type: 'password',
        autocomplete: 'new-password',
        hint: forms.passwordRule(passwordLength),
        minLength: passwordLength,
        problem: problems?.password && plainText(problems.password, 240),
        autofocus: email !== '' && !problems?.email,
      })}
      <div class="actions">${submit('primary', words.submit)}</div>
    </form>
  </div>`
  return pageText({ frame: props.frame, title: tabTitle(props, words.title, failed), content })
}

/** The page after the first administrator was made. */
export function getStartedDone(props: GetStartedDoneProps): string {
  const { frame, email, continueTo, account } = props
  const words = wordsOf(props, 'getStarted')
  const content = html`<div class="stack">
    <div class="heading">
      <h1>${words.doneTitle}</h1>
      <p class="lead">${words.done(html`<strong><bdi>${plainText(email, 254)}</bdi></strong>`)}</p>
      ${account && html`<p class="lead">${words.secondStep}</p>`}
    </div>
    ${
      continueTo &&
      html`<div class="actions">
        <a class="button primary" href=${continueTo.uri}>${words.next}</a>
      </div>`
    }
    ${account && html`<p class="aside"><a href=${account}>${words.account}</a></p>`}
  </div>`
  return pageText({ frame, title: words.doneTitle, content })
}

/** The page of a bootstrap link that does not work any more. */
export function getStartedExpired(props: GetStartedExpiredProps): string {
  const words = wordsOf(props, 'getStarted')
  const content = html`<div class="stack">
    <div class="heading">
      <h1>${words.expiredTitle}</h1>
      <p class="lead">${words.expired}</p>
    </div>
    <p class="aside">${words.expiredAdvice}</p>
  </div>`
  return pageText({ frame: props.frame, title: words.expiredTitle, content })
}
