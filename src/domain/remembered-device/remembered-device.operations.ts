// The operations on remembered devices.
import * as z from 'zod'
import { listOf } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { forgetDevice, listRememberedDevices } from './remembered-device.service.ts'
import { RememberedDeviceOfUser, RememberedDeviceQuery, RememberedDeviceView } from './remembered-device.ts'

export const rememberedDeviceList = operation({
  name: 'remembered_device.list',
  summary: 'List the remembered devices of a user',
  description: 'Browsers that are not asked for a second factor at the realm, oldest first, without their secrets.',
  permission: 'users:read',
  reach: 'realm',
  input: RememberedDeviceQuery,
  output: listOf(RememberedDeviceView),
  errors: ['not_found'],
  events: [],
  run: listRememberedDevices,
})

export const rememberedDeviceRemove = operation({
  name: 'remembered_device.remove',
  summary: 'Forget a remembered device of a user',
  description: 'The user is asked for the second factor there again. Sessions go on.',
  permission: 'users:write',
  reach: 'realm',
  irreversible: true,
  input: RememberedDeviceOfUser,
  output: z.void(),
  errors: ['not_found'],
  events: ['remembered_device.removed'],
  run: forgetDevice,
})
