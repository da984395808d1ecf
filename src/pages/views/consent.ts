// The page that asks a user for consent.
import { type Destination, destinationOf } from './destination.ts'
import { hidden, submit } from './form.ts'
import { type Frame, pageText } from './layout.ts'
import { type Content, html, type Markup } from './markup.ts'
import { notice, sign } from './notice.ts'
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
}

const words = {
  title: (client: string) => `Allow ${client} to use your account?`,
  heading: (client: Content): Content => ['Allow ', client, ' to use your account?'],
  unnamed: 'an app without a name',
  firstParty: (brand: string) => `An app of ${brand}`,
  unverified: 'Not verified',
  unverifiedText: (brand: string) =>
    `Anyone can give an app this name. ${brand} has not checked who is behind it: allow it only if you know it.`,
  may: (resource: Content): Content => ['At ', resource, ' it will be able to:'],
  mayAlone: 'It will be able to:',
  further: 'And also to:',
  nothing: 'Nothing besides knowing that you signed in',
  undescribed: 'Something its operator has not described',
  account: 'Signed in as',
  switch: 'Not you? Switch account',
  returns: 'Sends you back to',
  app: 'an app on this device that opens',
  device: 'a program on this computer,',
  deviceText: 'The app runs on this computer. Allow it only if you have just started it yourself.',
  allow: 'Allow',
  deny: 'Deny',
  password: 'Your password is never shared with the app.',
  links: { website: 'Website', policy: 'Privacy policy', terms: 'Terms of service' },
  scopes: {
    openid: 'Know who you are',
    profile: 'See your name and picture',
    email: 'See your e-mail address',
    address: 'See your postal address',
    phone: 'See your phone number',
    groups: 'See which groups you belong to',
    offline_access: 'Keep this access while you are away, until you withdraw it',
  } as Readonly<Record<string, string>>,
}

/** Whether nobody of the operator knows who is behind a client: it registered itself, or has a metadata document. */
function isUnverified({ firstParty, isRegistered = false }: ConsentProps['client']): boolean {
  return !firstParty && !isRegistered
}

/** The mark of a client: that it is the operator's own, or that nobody verified it. */
export function badge(client: ConsentProps['client'], brand: string) {
  if (client.firstParty) return html`<span class="badge good">${sign('good')}${words.firstParty(brand)}</span>`
  return isUnverified(client) && html`<span class="badge caution">${sign('caution')}${words.unverified}</span>`
}

/** The page where a user allows or denies the access that a client requests. */
export function consent(props: ConsentProps): string {
  const { client, frame } = props
  const name = plainText(client.name, 64) || words.unnamed
  const brand = plainText(frame.brand.name, 60)
  const destination = destinationOf(props.redirectUri)
  const content = html`<form class="stack" method="post" action=${props.action}>
    ${hidden({ transaction: props.transaction, csrf: props.csrf })}
    <div class="heading">
      ${logo(client.logo)}
      <h1>${words.heading(html`<bdi>${name}</bdi>`)}</h1>
      <p class="badges">
        ${client.host && html`<span class="host"><bdi>${plainHost(client.host)}</bdi></span>`}
        ${badge(client, brand)}
      </p>
    </div>
    ${isUnverified(client) && notice('caution', html`<p>${words.unverifiedText(brand)}</p>`)}
    ${asked(props)}
    <dl class="facts">
      <div>
        <dt>${words.account}</dt>
        <dd>
          ${props.account.name && html`<span class="person"><bdi>${plainText(props.account.name, 64)}</bdi></span>`}
          <bdi>${plainText(props.account.email, 254)}</bdi>
          ${submit('link', words.switch, 'switch_account')}
        </dd>
      </div>
      <div>
        <dt>${words.returns}</dt>
        <dd>${whither(destination)}</dd>
      </div>
    </dl>
    ${destination.kind === 'device' && notice('caution', html`<p>${words.deviceText}</p>`)}
    <div class="actions two">
      ${submit('primary', words.allow, 'allow')}
      ${submit('secondary', words.deny, 'deny')}
    </div>
    ${linksTo(client.links)}
    <p class="aside">${words.password}</p>
  </form>`
  return pageText({ frame, title: words.title(name), content })
}

/** The logo of a client. @param path on this server */
export function logo(path: string | undefined): Content {
  return path?.startsWith('/') && html`<img class="logo" src=${path} alt="" height="32" />`
}

/** The pages of a client, each with the host where it is. */
export function linksTo(links: readonly ConsentLink[] = []): Content {
  if (links.length === 0) return false
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
export function asked(
  { scopes, resource, details = [] }: Pick<ConsentProps, 'scopes' | 'resource' | 'details'>,
  id = '',
): Content {
  const own = scopes.filter(({ name }) => Object.hasOwn(words.scopes, name))
  const others = scopes.filter(({ name }) => !Object.hasOwn(words.scopes, name))
  const at = resource && words.may(html`<strong><bdi>${plainText(resource.name, 64)}</bdi></strong>`)
  return [
    (own.length > 0 || others.length + details.length === 0) && list(`${id}asked`, words.mayAlone, own),
    others.length > 0 && list(`${id}asked-there`, at ?? (own.length > 0 ? words.further : words.mayAlone), others),
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

function list(id: string, lead: Content, scopes: readonly ConsentScope[]): Markup {
  return html`<section class="asked">
    <h2 id=${id}>${lead}</h2>
    <ul class="scopes" aria-labelledby=${id}>
      ${scopes.length > 0 ? scopes.map(scope) : html`<li>${words.nothing}</li>`}
    </ul>
  </section>`
}

function scope(asked: ConsentScope): Markup {
  return html`<li>${scopeText(asked)}</li>`
}

/** A scope in words, and its name. */
export function scopeText({ name, description }: ConsentScope): Markup {
  const known = Object.hasOwn(words.scopes, name) ? words.scopes[name] : words.undescribed
  const text = plainText(description ?? '', 240) || known
  return html`<span><bdi>${text}</bdi></span> <code><bdi>${plainText(name, 120)}</bdi></code>`
}

function whither({ kind, label }: Destination): Content {
  const host = html`<strong class="host"><bdi>${label}</bdi></strong>`
  return kind === 'web' ? host : [kind === 'device' ? words.device : words.app, ' ', host]
}
