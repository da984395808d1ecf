// A device of a running server that asks to be let in (RFC 8628).
import { DEVICE_CODE_GRANT } from './device.ts'
import type { TestServer } from './server.ts'

/** What the device polls with, and what it shows. */
export interface AskingDevice {
  readonly clientId: string
  readonly deviceCode: string
  readonly userCode: string
}

/** Registers a public client and begins a device authorization. @param more members of the client */
export async function askingDevice(server: TestServer, issuerId = 'default', more: object = {}): Promise<AskingDevice> {
  const client = await server.api<{ client_id: string }>('POST', `/v1/realms/${issuerId}/clients`, {
    ...{ label: 'Television', auth_method: 'none', grant_types: [DEVICE_CODE_GRANT] },
    ...more,
  })
  const reply = await fetch(`${issuerOf(server, issuerId)}/oauth/device_authorization`, {
    method: 'POST',
    body: new URLSearchParams({ client_id: client.client_id, scope: 'openid' }),
  })
  if (reply.status !== 200) throw new Error(`the device was refused with ${reply.status}: ${await reply.text()}`)
  const { device_code: deviceCode, user_code: userCode } = (await reply.json()) as Record<string, string>
  return { clientId: client.client_id, deviceCode: deviceCode ?? '', userCode: userCode ?? '' }
}

/** Polls once. @returns the reply of the token endpoint */
export async function pollOf(
  server: TestServer,
  { clientId, deviceCode }: AskingDevice,
): Promise<Readonly<Record<string, unknown>>> {
  const reply = await fetch(`${server.url}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: DEVICE_CODE_GRANT, client_id: clientId, device_code: deviceCode }),
  })
  return (await reply.json()) as Record<string, unknown>
}

function issuerOf({ url }: TestServer, issuerId: string): string {
  return issuerId === 'default' ? url : `${url}/realms/${issuerId}`
}
