// Clients of a fixture that ask for a person's approval elsewhere (OpenID Connect CIBA), and people who decide.
import { type AuthorizationFixture, PASSWORD } from './authorization-fixture.ts'
import type { FormBrowser, PageResponse } from './form-browser.ts'
import { type Answer, askForToken, basic, type Credentials, postForm } from './token-client.ts'

export const CIBA_GRANT = 'urn:openid:params:grant-type:ciba'

/** A client that may use the grant and nothing else that people take part in. */
export function makeBackchannelClient(fixture: AuthorizationFixture, given: Record<string, unknown> = {}) {
  return fixture.makeClient({
    grantTypes: [CIBA_GRANT, 'refresh_token'],
    redirectUris: [],
    postLogoutRedirectUris: [],
    ...given,
  })
}

/** Asks the backchannel authentication endpoint for Ada's approval; null leaves a parameter out. */
export function askApproval(
  fixture: AuthorizationFixture,
  client: Credentials,
  changes: Record<string, string | null> = {},
): Promise<Answer> {
  const all = { scope: 'openid email', login_hint: 'ada@example.com', ...changes }
  const fields = Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== null))
  const headers = client.clientSecret === undefined ? {} : basic(client)
  return postForm(fixture, '/oauth/bc-authorize', fields, headers)
}

/** Asks, and expects that the request waits. @returns its `auth_req_id` */
export async function waitingRequest(
  fixture: AuthorizationFixture,
  client: Credentials,
  changes: Record<string, string | null> = {},
): Promise<string> {
  const { status, body } = await askApproval(fixture, client, changes)
  if (status !== 200) throw new Error(`the request was refused: ${JSON.stringify(body)}`)
  return String(body.auth_req_id)
}

/** Polls once. */
export function pollApproval(
  fixture: AuthorizationFixture,
  client: Credentials,
  authReqId: string,
  more: Record<string, string> = {},
): Promise<Answer> {
  return askForToken(fixture, client, { grant_type: CIBA_GRANT, auth_req_id: authReqId, ...more })
}

/** The newest request on a person's page of approvals, after the sign-ins that are asked for. */
export async function comeToApproval(browser: FormBrowser, email = 'ada@example.com'): Promise<PageResponse> {
  const signIn = async (page: PageResponse) =>
    /name="password"/.test(page.text) ? browser.submit(page, { email, password: PASSWORD }) : page
  const list = await signIn(await browser.follow(await browser.get('/account/approvals')))
  const [, link] = /href="([^"]*\/account\/approvals\?request=[^"]*)"/.exec(list.text) ?? []
  if (link === undefined) throw new Error(`no request waits: ${list.text}`)
  return signIn(await browser.follow(await browser.get(link)))
}

/** Decides about the newest request. @param without names of boxes that are unchecked */
export async function decideApproval(
  browser: FormBrowser,
  decision: 'approve' | 'deny' = 'approve',
  without: readonly string[] = [],
  email?: string,
): Promise<PageResponse> {
  const page = await comeToApproval(browser, email)
  const boxes = [...page.text.matchAll(/type="checkbox"[^>]*name="(\w+)"[^>]*value="yes"([^>]*)/g)]
  const checked = boxes.flatMap(([, name = '', rest = '']) =>
    rest.includes('disabled') || without.includes(name) ? [] : [[name, 'yes'] as const],
  )
  return browser.submit(page, { ...Object.fromEntries(checked), decision })
}
