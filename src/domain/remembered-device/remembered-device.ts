// The fields and views of remembered devices: browsers in which a person chose not to be asked for a second factor.
import * as z from 'zod'
import { declare, type NounOf } from '#kernel/declaration.ts'
import { constant } from '#kernel/declared-fields.ts'
import { idOf, idOut, time } from '#kernel/field.ts'
import { listQuery } from '#kernel/page.ts'

/** How many devices a person can have at a realm; the oldest one is forgotten for another. */
export const DEVICES_MAX = 20

/** The fields of a remembered device. */
export const RememberedDeviceFields = declare({
  id: constant(idOut('remembered_device')),
  tenantId: constant(idOut('tenant')),
  realmId: constant(idOut('realm')),
  userId: constant(idOut('user')),
  /** SHA-256 of the secret in the cookie. Every use replaces it. */
  secretHash: constant(z.string(), { view: null }),
  ip: constant(z.string().nullable().describe('The address of the last sign-in.')),
  userAgent: constant(z.string().nullable()),
  createdAt: constant(time.describe('When the second factor was asked for.')),
  lastUsedAt: constant(time.nullable()),
  expiresAt: constant(time),
})

/** A browser of a person at a realm, which has a cookie. */
export type RememberedDevice = NounOf<typeof RememberedDeviceFields>

/** The schema of a remembered device in admin responses, without its secret. */
export const RememberedDeviceView = z.object(RememberedDeviceFields.view)
export type RememberedDeviceView = z.output<typeof RememberedDeviceView>

export const RememberedDeviceQuery = listQuery('created_at').extend({ id: idOf('user') })
export type RememberedDeviceQuery = z.output<typeof RememberedDeviceQuery>

export const RememberedDeviceOfUser = z.strictObject({
  id: idOf('user'),
  rememberedDeviceId: idOf('remembered_device'),
})
export type RememberedDeviceOfUser = z.output<typeof RememberedDeviceOfUser>

/** Returns the view of a remembered device, without its secret. */
export function viewRememberedDevice(device: RememberedDevice): RememberedDeviceView {
  return RememberedDeviceFields.show(device)
}
