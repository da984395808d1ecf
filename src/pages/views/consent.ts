// The page that asks a user for consent.
import { type Destination, destinationOf } from './destination.ts'
import { hidden, submit } from './form.ts'
import { type Frame, pageText, wordsOf } from './layout.ts'
import { type Content, html, type Markup } from './markup.ts'
import { notice, sign } from './notice.ts'
import { organizationFact } from './organization.ts'
import { plainHost, plainText } from './plain-text.ts'

/** One scope the client asks for. */
export interface ConsentScope {
  /** The scope token (RFC 6749 §3.3). */
  readonly name: string
  /** What it allows, in a few words; the scopes of OpenID Connect Core §5.4 and §11 have their own. */
  readonly description?: string | undefined
}

/** One authorization detail (RFC 9396) in words. */
export interface ConsentDetail {
  readonly title: string
  readonly description: string
  /** What the client could do, in words. */
  readonly actions: readonly string[]
  /** Everything else that it has. */
  readonly values: readonly { readonly name: string; readonly value: string }[]
}

/** A page of the client: an https address at its host. */
export interface ConsentLink {
  readonly kind: 'website' | 'policy' | 'terms'
  readonly uri: string
}

/** The consent form posts `transaction`, `csrf` and `decision`: `allow`, `deny` or `switch_account`. */
export interface ConsentProps {
  readonly frame: Frame
  /** Where the form is posted: a path on this server. */
  readonly action: string
  readonly transaction: string
  readonly csrf: string
  readonly client: {
    /** What the client calls itself: untrusted. */
    readonly name: string
    /** The host of its home page or of its client id URL, if known. */
    readonly host?: string | undefined
    /** What is at that host: the path of its logo on this server, and its pages. */
    readonly logo?: string | undefined
    readonly links?: readonly ConsentLink[] | undefined
    /** Whether an administrator recorded that it belongs to the operator. */
    readonly firstParty: boolean
    /** Whether an administrator registered it, so that the page neither vouches for it nor warns of it. */
    readonly isRegistered?: boolean | undefined
  }
  /** The API the access is for; absent for signing in alone. */
  readonly resource?: { readonly name: string } | undefined
  readonly scopes: readonly ConsentScope[]
  readonly details?: readonly ConsentDetail[]
  /** The verified redirect URI of this request. */
  readonly redirectUri: string
  /** Who is signed in. */
  readonly account: { readonly email: string; readonly name?: string | undefined }
  /** The name of the organization that the user signs in for. */
  readonly organization?: string | undefined
}

/** Whether nobody of the operator knows who is behind a client: it registered itself, or has a metadata document. */
export function isUnverified({ firstParty, isRegistered = false }: ConsentProps['client']): boolean {
  return !firstParty && !isRegistered
}

/** The heading of a page about a client: its logo, a sentence with its name, its host, and what is known of it. */
export function clientHeading(
  props: Pick<ConsentProps, 'frame' | 'client'>,
  heading: Content,
  brand: Content,
): Content {
  const { client } = props
  return html`<div class="heading">
      ${logo(client.logo)}
      <h1>${heading}</h1>
      <p class="badges">
        ${client.host && html`<span class="host"><bdi>${plainHost(client.host)}</bdi></span>`}
        ${badge(props, brand)}
      </p>
    </div>`
}

/** The mark of a client: that it is the operator's own, or that nobody verified it. */
export function badge(props: Pick<ConsentProps, 'frame' | 'client'>, brand: Content) {
  const { client } = props
  const words = wordsOf(props, 'consent')
  if (client.firstParty) {
    return html`<span class="badge good">${sign('good')}<span>${words.firstParty(brand)}</span></span>`
  }
  return isUnverified(client) && html`<span class="badge caution">${sign('caution')}${words.unverified}</span>`
}

/** The page where a user allows or denies the access that a client requests. */
export function consent(props: ConsentProps): string {
  const { client, frame } = props
  const [words, forms] = [wordsOf(props, 'consent'), wordsOf(props, 'form')]
  const name = plainText(client.name, 64) || forms.unnamedApp
  const brand = html`<bdi>${plainText(frame.brand.name, 60)}</bdi>`
  const destination = destinationOf(props.redirectUri)
  const content = html`<form class="stack" method="post" action=${props.action}>
    ${hidden({ transaction: props.transaction, csrf: props.csrf })}
    ${clientHeading(props, words.heading(html`<bdi>${name}</bdi>`), brand)}
    ${isUnverified(client) && notice('caution', html`<p>${words.unverifiedText(brand)}</p>`)}
    ${asked(props)}
    <dl class="facts">
      <div>
        <dt>${forms.signedInAs}</dt>
        <dd>
          ${props.account.name && html`<span class="person"><bdi>${plainText(props.account.name, 64)}</bdi></span>`}
          <bdi>${plainText(props.account.email, 254)}</bdi>
          ${submit('link', forms.switchAccount, 'switch_account')}
        </dd>
      </div>
      ${organizationFact(props)}
      <div>
        <dt>${words.returns}</dt>
        <dd>${whither(props, destination)}</dd>
      </div>
    </dl>
    ${destination.kind === 'device' && notice('caution', html`<p>${words.deviceText}</p>`)}
    <div class="actions two">
      ${submit('primary', forms.allow, 'allow')}
      ${submit('secondary', forms.deny, 'deny')}
    </div>
    ${linksTo(props, client.links)}
    <p class="aside">${words.password}</p>
  </form>`
  return pageText({ frame, title: words.heading(name).join(''), content })
}

/** The logo of a client. @param path on this server */
function logo(path: string | undefined): Content {
  return path?.startsWith('/') && html`<img class="logo" src=${path} alt="" height="32" />`
}

/** The pages of a client, each with the host where it is. */
export function linksTo(page: { readonly frame: Frame }, links: readonly ConsentLink[] = []): Content {
  if (links.length === 0) return false
  const words = wordsOf(page, 'consent')
  const shown = links.map(({ kind, uri }, at) => [
    at > 0 && ' · ',
    html`<a href=${uri} target="_blank" rel="noopener noreferrer">${words.links[kind]}</a>`,
    ' (',
    html`<bdi>${plainHost(new URL(uri).host)}</bdi>`,
    ')',
  ])
  return html`<p class="aside">${shown}</p>`
}

/**
 * What is asked for: the scopes about the person first, then those that mean something at the resource only.
 * @param id tells it from others on the page
 */
export function asked(page: Pick<ConsentProps, 'frame' | 'scopes' | 'resource' | 'details'>, id = ''): Content {
  const { scopes, resource, details = [] } = page
  const words = wordsOf(page, 'consent')
  const own = scopes.filter(({ name }) => Object.hasOwn(words.scopes, name))
  const others = scopes.filter(({ name }) => !Object.hasOwn(words.scopes, name))
  const at = resource && words.may(html`<strong><bdi>${plainText(resource.name, 64)}</bdi></strong>`)
  return [
    (own.length > 0 || others.length + details.length === 0) &&
      list(page, { id: `${id}asked`, lead: words.mayAlone }, own),
    others.length > 0 &&
      list(page, { id: `${id}asked-there`, lead: at ?? (own.length > 0 ? words.further : words.mayAlone) }, others),
    ...details.map((detail, index) => detailed(detail, `${id}detail-${index}`)),
  ]
}

/** A detail: its title, what it allows, and each of its values. */
export function detailed({ title, description, actions, values }: ConsentDetail, id: string): Markup {
  return html`<section class="asked">
    <h2 id=${id}><bdi>${plainText(title, 120)}</bdi></h2>
    ${description && html`<p><bdi>${plainText(description, 500)}</bdi></p>`}
    ${
      actions.length > 0 &&
      html`<ul class="scopes" aria-labelledby=${id}>
      ${actions.map((action) => html`<li><span><bdi>${plainText(action, 200)}</bdi></span></li>`)}
    </ul>`
    }
    ${
      values.length > 0 &&
      html`<dl class="facts">
      ${values.map(
        ({ name, value }) =>
          html`<div><dt><bdi>${plainText(name, 400)}</bdi></dt><dd><bdi>${plainText(value, 4096)}</bdi></dd></div>`,
      )}
    </dl>`
    }
  </section>`
}

function list(
  page: { readonly frame: Frame },
  { id, lead }: { readonly id: string; readonly lead: Content },
  scopes: readonly ConsentScope[],
): Markup {
  return html`<section class="asked">
    <h2 id=${id}>${lead}</h2>
    <ul class="scopes" aria-labelledby=${id}>
      ${scopes.length > 0 ? scopes.map((one) => scope(page, one)) : html`<li>${wordsOf(page, 'consent').nothing}</li>`}
    </ul>
  </section>`
}

function scope(page: { readonly frame: Frame }, asked: ConsentScope): Markup {
  return html`<li>${scopeText(page, asked)}</li>`
}

/** A scope in words, and its name. */
export function scopeText(page: { readonly frame: Frame }, { name, description }: ConsentScope): Markup {
  const { scopes, undescribed } = wordsOf(page, 'consent')
  const own: Readonly<Record<string, string>> = scopes
  const known = Object.hasOwn(own, name) ? own[name] : undescribed
  const text = plainText(description ?? '', 240) || known
  return html`<span><bdi>${text}</bdi></span> <code><bdi>${plainText(name, 120)}</bdi></code>`
}

function whither(page: { readonly frame: Frame }, { kind, label }: Destination): Content {
  const host = html`<strong class="host"><bdi>${label}</bdi></strong>`
  return kind === 'web' ? host : wordsOf(page, 'consent')[kind](host)
}
