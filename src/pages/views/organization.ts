// The page on which a user chooses the organization to sign in for, or learns of not being a member.
import { hidden, submit } from './form.ts'
import { type Frame, pageText, wordsOf } from './layout.ts'
import { type Content, html } from './markup.ts'
import { plainText } from './plain-text.ts'

/** The form posts `transaction`, `csrf`, and either `organization` or `decision`: `switch_account` or `deny`. */
export interface OrganizationProps {
  readonly frame: Frame
  /** Where the form is posted: a path on this server. */
  readonly action: string
  readonly transaction: string
  readonly csrf: string
  /** What the client calls itself: untrusted. */
  readonly client: string
  /** Those to choose from; empty for a user who is not a member. */
  readonly organizations: readonly { readonly id: string; readonly name: string }[]
  /** Whether the request names an organization. */
  readonly named: boolean
  /** Who is signed in. */
  readonly account: { readonly email: string; readonly name?: string | undefined }
}

/** The page on which a user chooses an organization. */
export function organizationChoice(props: OrganizationProps): string {
  const [words, forms] = [wordsOf(props, 'organization'), wordsOf(props, 'form')]
  const client = html`<bdi>${plainText(props.client, 64) || forms.unnamedApp}</bdi>`
  const isForeign = props.organizations.length === 0
  const title = isForeign ? words.foreignTitle : words.title
  const lead = isForeign ? (props.named ? words.foreign(client) : words.none(client)) : words.lead(client)
  const content = html`<form class="stack" method="post" action=${props.action}>
    ${hidden({ transaction: props.transaction, csrf: props.csrf })}
    <div class="heading">
      <h1>${title}</h1>
      <p>${lead}</p>
    </div>
    ${!isForeign && html`<div class="actions">${props.organizations.map(button)}</div>`}
    <dl class="facts">
      <div>
        <dt>${forms.signedInAs}</dt>
        <dd>
          ${props.account.name && html`<span class="person"><bdi>${plainText(props.account.name, 64)}</bdi></span>`}
          <bdi>${plainText(props.account.email, 254)}</bdi>
          ${!isForeign && submit('link', forms.switchAccount, 'switch_account')}
        </dd>
      </div>
    </dl>
    <div class="actions">
      ${isForeign && submit('primary', forms.useAnother, 'switch_account')}
      ${submit(isForeign ? 'secondary' : 'link', words.cancel, 'deny')}
    </div>
  </form>`
  return pageText({ frame: props.frame, title, content })
}

function button({ id, name }: OrganizationProps['organizations'][number]): Content {
  return html`<button class="button secondary" type="submit" name="organization" value=${id}>
    <span><bdi>${plainText(name, 64)}</bdi></span>
  </button>`
}

/** The organization that the user signs in for, as a fact. */
export function organizationFact(page: { readonly frame: Frame; readonly organization?: string | undefined }): Content {
  const { organization } = page
  if (organization === undefined) return false
  return html`<div><dt>${wordsOf(page, 'consent').organization}</dt><dd><bdi>${plainText(organization, 120)}</bdi></dd></div>`
}
