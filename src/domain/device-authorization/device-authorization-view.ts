// What administrators see of device authorizations, and what they send.
import * as z from 'zod'
import { idOf, idOut, time } from '#kernel/field.ts'
import { listQuery } from '#kernel/page.ts'
import type { Clock, Crypto } from '../outside.ts'
import { DEVICE_STATUSES, type DeviceAuthorization, formatUserCode } from './device-authorization.ts'

const SHOWN_STATUSES = [...DEVICE_STATUSES, 'expired'] as const

/** The filters of a list of device authorizations. */
export const DeviceAuthorizationQuery = listQuery('created_at').extend({
  status: z.enum(SHOWN_STATUSES).optional().describe('Only items in this state.'),
  userId: idOf('user').optional().describe('Only items of this user.'),
  clientId: idOf('client').optional().describe('Only items of this client.'),
})
export type DeviceAuthorizationQuery = z.output<typeof DeviceAuthorizationQuery>

const userCode = z.string().max(40).describe('What the device shows, in any case and with or without the hyphen.')

/** A device authorization by its user code. */
export const DeviceCode = z.strictObject({ userCode })
export type DeviceCode = z.output<typeof DeviceCode>

/** The approval of a device in the name of a user. */
export const DeviceForUser = z.strictObject({
  userCode,
  userId: idOf('user').optional().describe('For whom the device acts. Default: the user who entered the code.'),
})
export type DeviceForUser = z.output<typeof DeviceForUser>

/** The schema of a device authorization in admin responses. The device code is never shown. */
export const DeviceAuthorizationView = z.object({
  userCode: z.string(),
  clientId: idOut('client').describe('The client that asks.'),
  client: z.object({ clientId: z.string(), label: z.string() }).nullable().describe('Null if it was deleted.'),
  scopes: z.array(z.string()),
  resources: z.array(z.string()),
  organization: z.string().nullable().describe('The organization that the request names.'),
  userId: idOut('user').nullable().describe('The user who entered the code, or for whom it was approved.'),
  status: z.enum(SHOWN_STATUSES),
  ip: z.string().nullable().describe('The IP address of the device.'),
  userAgent: z.string().nullable(),
  pollInterval: z.number().int().describe('Seconds.'),
  polledAt: time.nullable(),
  createdAt: time,
  expiresAt: time,
  decidedAt: time.nullable(),
  consumedAt: time.nullable().describe('When the device got the tokens.'),
})
export type DeviceAuthorizationView = z.output<typeof DeviceAuthorizationView>

/** The view of a device authorization. @param client null if it was deleted */
export function viewDeviceAuthorization(
  { clock, crypto }: { readonly clock: Clock; readonly crypto: Pick<Crypto, 'open'> },
  device: DeviceAuthorization,
  client: DeviceAuthorizationView['client'],
): DeviceAuthorizationView {
  const { clientId, scopes, resources, organization, userId, ip, userAgent, pollInterval } = device
  const { polledAt, createdAt, expiresAt, decidedAt, consumedAt } = device
  const isOver = device.status === 'pending' && expiresAt <= clock.now()
  return {
    userCode: formatUserCode(crypto.open('user-code', device.userCode)),
    ...{ clientId, client, scopes: [...scopes], resources: [...resources], organization, userId },
    status: isOver ? 'expired' : device.status,
    ...{ ip, userAgent, pollInterval, polledAt, createdAt, expiresAt, decidedAt, consumedAt },
  }
}
