// Devices of a scene (RFC 8628), and people who let them in.
import { PASSWORD, type Scene } from './scene.ts'
import { type Answer, askForToken, basic, type Credentials, postForm } from './token-client.ts'
import type { Visit, Visitor } from './visitor.ts'

export const DEVICE_CODE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'

/** What a device is told. */
export interface Device {
  readonly deviceCode: string
  readonly userCode: string
  readonly answer: Answer
}

/** A client that may use the device grant and nothing else that people take part in. */
export function makeDeviceClient(scene: Scene, given: Record<string, unknown> = {}) {
  return scene.makeClient({
    authMethod: 'none',
    grantTypes: [DEVICE_CODE_GRANT, 'refresh_token'],
    redirectUris: [],
    postLogoutRedirectUris: [],
    ...given,
  })
}

/** Asks the device authorization endpoint. */
export async function startDevice(
  scene: Scene,
  client: Credentials,
  fields: Record<string, string> = { scope: 'openid email' },
): Promise<Device> {
  const path = '/oauth/device_authorization'
  const answer =
    client.clientSecret === undefined
      ? await postForm(scene, path, { client_id: client.clientId, ...fields })
      : await postForm(scene, path, fields, basic(client))
  return { deviceCode: String(answer.body.device_code), userCode: String(answer.body.user_code), answer }
}

/** Polls once. */
export function poll(
  scene: Scene,
  client: Credentials,
  { deviceCode }: Pick<Device, 'deviceCode'>,
  more: Record<string, string> = {},
): Promise<Answer> {
  return askForToken(scene, client, { grant_type: DEVICE_CODE_GRANT, device_code: deviceCode, ...more })
}

/** Enters a code at the device page. @returns the page that comes then */
export async function enterCode(visitor: Visitor, userCode: string): Promise<Visit> {
  return visitor.submit(await visitor.get('/device'), { user_code: userCode })
}

/** Enters a code and signs in where asked to. @returns the page that asks whether to let the device in, or a refusal */
export async function comeToDevice(visitor: Visitor, userCode: string, email = 'ada@example.com'): Promise<Visit> {
  const page = await enterCode(visitor, userCode)
  return /name="password"/.test(page.text) ? visitor.submit(page, { email, password: PASSWORD }) : page
}

/** Lets a device in, or refuses it. @returns the page that says so */
export async function decide(
  visitor: Visitor,
  userCode: string,
  decision: 'allow' | 'deny' = 'allow',
  email?: string,
): Promise<Visit> {
  return visitor.submit(await comeToDevice(visitor, userCode, email), { decision })
}
