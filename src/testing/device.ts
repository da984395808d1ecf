// Devices of a fixture (RFC 8628), and people who let them in.
import { type AuthorizationFixture, PASSWORD } from './authorization-fixture.ts'
import type { FormBrowser, PageResponse } from './form-browser.ts'
import { type Answer, askForToken, basic, type Credentials, postForm } from './token-client.ts'

export const DEVICE_CODE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'

/** What a device is told. */
export interface Device {
  readonly deviceCode: string
  readonly userCode: string
  readonly answer: Answer
}

/** A client that may use the device grant and nothing else that people take part in. */
export function makeDeviceClient(fixture: AuthorizationFixture, given: Record<string, unknown> = {}) {
  return fixture.makeClient({
    authMethod: 'none',
    grantTypes: [DEVICE_CODE_GRANT, 'refresh_token'],
    redirectUris: [],
    postLogoutRedirectUris: [],
    ...given,
  })
}

/** Asks the device authorization endpoint. */
export async function startDevice(
  fixture: AuthorizationFixture,
  client: Credentials,
  fields: Record<string, string> = { scope: 'openid email' },
): Promise<Device> {
  const path = '/oauth/device_authorization'
  const answer =
    client.clientSecret === undefined
      ? await postForm(fixture, path, { client_id: client.clientId, ...fields })
      : await postForm(fixture, path, fields, basic(client))
  return { deviceCode: String(answer.body.device_code), userCode: String(answer.body.user_code), answer }
}

/** Polls once. */
export function poll(
  fixture: AuthorizationFixture,
  client: Credentials,
  { deviceCode }: Pick<Device, 'deviceCode'>,
  more: Record<string, string> = {},
): Promise<Answer> {
  return askForToken(fixture, client, { grant_type: DEVICE_CODE_GRANT, device_code: deviceCode, ...more })
}

/** Enters a code at the device page. @returns the page that comes then */
export async function enterCode(browser: FormBrowser, userCode: string): Promise<PageResponse> {
  return browser.submit(await browser.get('/device'), { user_code: userCode })
}

/** Enters a code and signs in where asked to. @returns the page that asks whether to let the device in, or a refusal */
export async function comeToDevice(
  browser: FormBrowser,
  userCode: string,
  email = 'ada@example.com',
): Promise<PageResponse> {
  const page = await enterCode(browser, userCode)
  return /name="password"/.test(page.text) ? browser.submit(page, { email, password: PASSWORD }) : page
}

/** Lets a device in, or refuses it. @returns the page that says so */
export async function decide(
  browser: FormBrowser,
  userCode: string,
  decision: 'allow' | 'deny' = 'allow',
  email?: string,
): Promise<PageResponse> {
  return browser.submit(await comeToDevice(browser, userCode, email), { decision })
}
