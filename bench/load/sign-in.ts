// Owns the authorization request, the sign-in and the code exchange of the load generator.
import type { ClientCredentials, Person, Target } from '../target.ts'
import { basic, get, post, type Steps, Unexpected } from './actor.ts'
import { type Answer, headerOf } from './connection.ts'

// The PKCE pair of RFC 7636, appendix B: a load generator has no secret to keep.
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
const MOST_REDIRECTS = 6

/** What an authorization request asks for. */
export interface Wish {
  readonly client: ClientCredentials
  readonly scope: string
  /** RFC 8707; left out for a token that is for the server's own userinfo endpoint. */
  readonly resource?: string
}

/** A browser as far as logins need one: cookies, by name. */
export class Browser {
  readonly #host: string
  readonly #cookies = new Map<string, string>()

  /** @param host the `Host` header */
  constructor(host: string) {
    this.#host = host
  }

  /** A GET request with the cookies. */
  get(path: string): string {
    return get(this.#host, path, this.#headers())
  }

  /** A form posted with the cookies, from a page of the same origin. */
  post(path: string, form: Readonly<Record<string, string>>): string {
    return post(
      this.#host,
      path,
      form,
      `${this.#headers()}Origin: http://${this.#host}\r\nSec-Fetch-Site: same-origin\r\n`,
    )
  }

  /** Keeps the cookies that an answer sets; an emptied or expired one is forgotten. */
  keep(answer: Answer): void {
    for (const [, name, value, attributes] of answer.head.matchAll(/\r\nset-cookie: *([^=]+)=([^;\r]*)([^\r]*)/gi)) {
      if (value === '' || /max-age=0(;|$)|expires=thu, 01 jan 1970/i.test(attributes ?? ''))
        this.#cookies.delete(String(name))
      else this.#cookies.set(String(name), String(value))
    }
  }

  #headers(): string {
    if (this.#cookies.size === 0) return ''
    return `Cookie: ${[...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')}\r\n`
  }
}

/**
 * Asks for authorization and follows redirects on the server.
 * @returns the sign-in page, or the redirect to the client
 */
export function* authorize(target: Target, browser: Browser, wish: Wish): Steps<Answer> {
  const query = requestOf(target, wish)
  return yield* follow(target, browser, yield browser.get(`${target.paths.authorize}?${query}`))
}

function requestOf(target: Target, wish: Wish): URLSearchParams {
  return new URLSearchParams({
    response_type: 'code',
    client_id: wish.client.id,
    redirect_uri: target.redirectUri,
    scope: wish.scope,
    state: 'bench',
    nonce: 'bench',
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
    ...(wish.resource === undefined ? {} : { resource: wish.resource }),
  })
}

/** The same with the request pushed first (RFC 9126). */
export function* authorizePushed(target: Target, browser: Browser, wish: Wish): Steps<Answer> {
  const form = Object.fromEntries(requestOf(target, wish))
  const pushed = yield post(target.host, target.paths.par ?? '', form, basic(wish.client))
  if (pushed.status !== 201) throw new Unexpected(pushed, 'a reference to the pushed request')
  const { request_uri } = JSON.parse(pushed.body) as { request_uri: string }
  const query = new URLSearchParams({ client_id: wish.client.id, request_uri })
  return yield* follow(target, browser, yield browser.get(`${target.paths.authorize}?${query}`))
}

/** Consents where a page asks for it. @returns the redirect that leaves for the client */
export function* consent(target: Target, browser: Browser, page: Answer): Steps<Answer> {
  if (page.status !== 200) return page
  const form = readForm(page, /value="?allow/i)
  return yield* follow(target, browser, yield browser.post(form.action, { ...form.hidden, decision: 'allow' }))
}

/**
 * Fills in the sign-in page and sends it.
 * @param beforePost is called with the form about to be posted
 * @returns the answer to the form itself, a redirect
 */
export function* signIn(
  target: Target,
  browser: Browser,
  person: Person,
  page: Answer,
  beforePost: () => void = () => {},
): Steps<Answer> {
  const form = readForm(page)
  beforePost()
  const answer = yield browser.post(form.action, {
    ...form.hidden,
    [target.fields.login]: person.login,
    [target.fields.password]: person.password,
  })
  if (answer.status !== 302 && answer.status !== 303) throw new Unexpected(answer, 'a redirect after the sign-in form')
  browser.keep(answer)
  return answer
}

/** Follows redirects on the server; ends with a page, or with the redirect that leaves for the client. */
export function* follow(target: Target, browser: Browser, first: Answer): Steps<Answer> {
  let answer = first
  for (let count = 0; count < MOST_REDIRECTS; count++) {
    browser.keep(answer)
    if (answer.status === 200) return answer
    const location = headerOf(answer, 'location')
    if ((answer.status !== 302 && answer.status !== 303) || location === undefined) {
      throw new Unexpected(answer, 'a page or a redirect')
    }
    if (location.startsWith(target.redirectUri)) return answer
    const url = new URL(location, `http://${target.host}`)
    answer = yield browser.get(url.pathname + url.search)
  }
  throw new Unexpected(answer, 'an end of the redirects')
}

/** The code in the redirect to the client. */
export function codeOf(answer: Answer): string {
  const location = headerOf(answer, 'location')
  const code = location === undefined ? null : new URL(location).searchParams.get('code')
  if (code === null) throw new Unexpected(answer, `a code in the redirect ${location ?? ''}`)
  return code
}

/** Exchanges a code. @returns the token response */
export function* exchange(target: Target, wish: Wish, code: string): Steps<TokenResponse> {
  const form = {
    grant_type: 'authorization_code',
    code,
    redirect_uri: target.redirectUri,
    code_verifier: VERIFIER,
    ...(wish.resource === undefined ? {} : { resource: wish.resource }),
  }
  return tokenResponse(yield post(target.host, target.paths.token, form, basic(wish.client)))
}

/** A whole login, from the authorization request to the tokens. */
export function* login(target: Target, browser: Browser, person: Person, wish: Wish): Steps<TokenResponse> {
  const page = yield* authorize(target, browser, wish)
  const sent = yield* signIn(target, browser, person, page)
  const left = yield* consent(target, browser, yield* follow(target, browser, sent))
  return yield* exchange(target, wish, codeOf(left))
}

/** RFC 6749 §5.1. */
export interface TokenResponse {
  readonly access_token: string
  readonly refresh_token?: string
  readonly id_token?: string
}

/** Reads a token response. @throws Unexpected where it is none */
export function tokenResponse(answer: Answer): TokenResponse {
  if (answer.status !== 200) throw new Unexpected(answer, 'a token response')
  const body = JSON.parse(answer.body)
  if (typeof body.access_token !== 'string') throw new Unexpected(answer, 'an access token')
  return body
}

const FORM = /<form[^>]*>[\s\S]*?<\/form>/gi
const INPUT = /<input[^>]*>/gi

function readForm(page: Answer, sign = /type="?password/i): { action: string; hidden: Record<string, string> } {
  const form = page.body.match(FORM)?.find((found) => sign.test(found))
  if (page.status !== 200 || form === undefined) throw new Unexpected(page, 'a form')
  const action = attribute(form.slice(0, form.indexOf('>')), 'action')
  if (action === undefined) throw new Unexpected(page, 'a form with an action')
  const hidden: Record<string, string> = {}
  for (const input of form.match(INPUT) ?? []) {
    const name = attribute(input, 'name')
    if (name !== undefined && /type="?hidden/i.test(input)) hidden[name] = attribute(input, 'value') ?? ''
  }
  return { action, hidden }
}

function attribute(tag: string, name: string): string | undefined {
  const value = new RegExp(`\\s${name}="([^"]*)"`, 'i').exec(tag)?.[1]
  return value
    ?.replace(/&quot;/g, '"')
    .replace(/&#39;|&#x27;/gi, "'")
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&amp;/g, '&')
}
