// Clients of a fixture: programs that ask its endpoints for tokens and about them.
import { type AuthorizationFixture, answerOf, authorizeInBrowser, VERIFIER } from './authorization-fixture.ts'
import { FormBrowser } from './form-browser.ts'

/** What an endpoint for programs answered. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[]>>
  readonly body: Readonly<Record<string, unknown>>
}

/** What a client is known by. */
export interface Credentials {
  readonly clientId: string
  readonly clientSecret?: string | undefined
}

/** The tokens of one answer. */
export interface Tokens {
  readonly access: string
  readonly refresh: string
}

type Fields = Readonly<Record<string, string>> | readonly (readonly [string, string])[]

/** Somebody at the fixture’s realm as it is now. */
async function browser({ services }: AuthorizationFixture): Promise<FormBrowser> {
  const found = await services.registry.realmByIssuerId(services.realm.issuerId)
  if (!found) throw new Error('the realm is gone')
  return new FormBrowser(services, found.realm)
}

/** RFC 6749 §2.3.1. */
export function basic({ clientId, clientSecret = '' }: Credentials): { authorization: string } {
  return { authorization: `Basic ${btoa(`${clientId}:${clientSecret}`)}` }
}

/** Posts a form to an endpoint of the fixture’s realm. */
export async function postForm(
  fixture: AuthorizationFixture,
  path: string,
  fields: Fields,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const { status, headers: answered, text } = await (await browser(fixture)).post(path, fields, headers)
  return { status, headers: answered, body: text ? JSON.parse(text) : {} }
}

/** Asks the token endpoint, authenticated by Basic; a client without a secret says only who it is. */
export function askForToken(
  fixture: AuthorizationFixture,
  client: Credentials,
  fields: Record<string, string>,
): Promise<Answer> {
  return client.clientSecret === undefined
    ? postForm(fixture, '/oauth/token', { client_id: client.clientId, ...fields })
    : postForm(fixture, '/oauth/token', fields, basic(client))
}

/** A code for a client, from a browser of its own. @param changes to the authorization request */
export async function codeFor(
  fixture: AuthorizationFixture,
  client: Credentials,
  changes: Record<string, string | null> = {},
): Promise<string> {
  const request = fixture.request({ client_id: client.clientId, ...changes })
  const answer = answerOf(await authorizeInBrowser(await browser(fixture), request))
  if (!answer.code) throw new Error(`no code came back: ${JSON.stringify(answer)}`)
  return answer.code
}

/** Exchanges a code; what is not told otherwise is right. */
export function exchangeCode(
  fixture: AuthorizationFixture,
  client: Credentials,
  code: string,
  more: Record<string, string> = {},
): Promise<Answer> {
  return askForToken(fixture, client, { grant_type: 'authorization_code', code, code_verifier: VERIFIER, ...more })
}

/** Goes through an authorization request to its tokens. */
export async function tokensFor(
  fixture: AuthorizationFixture,
  client: Credentials,
  changes: Record<string, string | null> = {},
): Promise<Tokens> {
  return tokensOf(await exchangeCode(fixture, client, await codeFor(fixture, client, changes)))
}

/** The tokens of a token response. @throws Error where it is none */
export function tokensOf({ status, body }: Answer): Tokens {
  if (status !== 200) throw new Error(`the token endpoint answered ${status}: ${JSON.stringify(body)}`)
  return { access: String(body.access_token), refresh: String(body.refresh_token) }
}

/** Spends a refresh token. */
export function refreshWith(
  fixture: AuthorizationFixture,
  client: Credentials,
  token: string,
  more: Record<string, string> = {},
): Promise<Answer> {
  return askForToken(fixture, client, { grant_type: 'refresh_token', refresh_token: token, ...more })
}

/** What introspection says of a token. */
export async function introspect(
  fixture: AuthorizationFixture,
  client: Credentials,
  token: string,
): Promise<Answer['body']> {
  return (await postForm(fixture, '/oauth/introspect', { token }, basic(client))).body
}

/** Whether introspection says that a token holds. */
export async function isActive(fixture: AuthorizationFixture, client: Credentials, token: string): Promise<boolean> {
  return (await introspect(fixture, client, token)).active === true
}

/** Asks for userinfo with a bearer token, or with another Authorization header. */
export async function userinfo(
  fixture: AuthorizationFixture,
  token: string,
  header = `Bearer ${token}`,
  more: Record<string, string> = {},
): Promise<Answer> {
  const sent = { authorization: header, ...more }
  const { status, headers, text } = await (await browser(fixture)).get('/oauth/userinfo', {}, sent)
  return { status, headers, body: text ? JSON.parse(text) : {} }
}
