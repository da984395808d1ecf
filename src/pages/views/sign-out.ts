// The sign-out pages.
import { linkable } from './destination.ts'
import { hidden, submit } from './form.ts'
import { type Frame, pageText, wordsOf } from './layout.ts'
import { html } from './markup.ts'
import { plainHost, plainText } from './plain-text.ts'

/** The form posts `transaction`, `csrf` and `decision`: `sign_out` or `stay`. */
export interface SignOutConfirmProps {
  readonly frame: Frame
  /** Where the form is posted: a path on this server. */
  readonly action: string
  readonly csrf: string
  /** Names the logout request that waits; absent if the person came on their own. */
  readonly transaction?: string | undefined
  /** Who is signed in. */
  readonly account?: { readonly email: string } | undefined
  /** The client that asks for it (OpenID Connect RP-Initiated Logout §2). */
  readonly client?: { readonly name: string; readonly host?: string | undefined } | undefined
}

export interface SignedOutProps {
  readonly frame: Frame
  /** A post-logout redirect URI, verified by the caller, and the client it belongs to. */
  readonly continueTo?: { readonly uri: string; readonly name?: string | undefined } | undefined
}

/** The page that asks before it ends the session. */
export function signOutConfirm(props: SignOutConfirmProps): string {
  const { account, client, frame } = props
  const name = client && plainText(client.name, 64)
  const words = wordsOf(props, 'signOut')
  const content = html`<form class="stack" method="post" action=${props.action}>
    ${hidden({ transaction: props.transaction, csrf: props.csrf })}
    <div class="heading">
      <h1>${words.confirmTitle}</h1>
      ${name && html`<p class="lead">${words.asks([html`<strong><bdi>${name}</bdi></strong>`, client?.host && html` (<span class="host"><bdi>${plainHost(client.host)}</bdi></span>)`])}</p>`}
      <p class="lead">${words.everywhere(html`<bdi>${plainText(frame.brand.name, 60)}</bdi>`)}</p>
    </div>
    ${
      account &&
      html`<dl class="facts">
        <div><dt>${wordsOf(props, 'form').signedInAs}</dt><dd><bdi>${plainText(account.email, 254)}</bdi></dd></div>
      </dl>`
    }
    <div class="actions two">
      ${submit('primary', words.signOut, 'sign_out')}
      ${submit('secondary', words.stay, 'stay')}
    </div>
  </form>`
  return pageText({ frame, title: words.confirmTitle, content })
}

/** The page after the session has ended. */
export function signedOut(props: SignedOutProps): string {
  const { frame, continueTo } = props
  const words = wordsOf(props, 'signOut')
  const href = continueTo && linkable(continueTo.uri)
  const name = continueTo?.name && plainText(continueTo.name, 64)
  const content = html`<div class="stack">
    <div class="heading">
      <h1>${words.doneTitle}</h1>
      <p class="lead">${words.done}</p>
    </div>
    ${
      href &&
      html`<div class="actions">
        <a class="button primary" href=${href} rel="noreferrer"><span>${name ? words.continueTo(html`<bdi>${name}</bdi>`) : wordsOf(props, 'form').proceed}</span></a>
      </div>`
    }
    <p class="aside">${words.shared}</p>
  </div>`
  return pageText({ frame, title: words.doneTitle, content })
}
