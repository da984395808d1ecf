// The operations on device authorizations.
import { listOf } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { approveForUser, listDevices, refuseDevice } from './device-administration.service.ts'
import {
  DeviceAuthorizationQuery,
  DeviceAuthorizationView,
  DeviceCode,
  DeviceForUser,
} from './device-authorization-view.ts'

export const deviceAuthorizationList = operation({
  name: 'device_authorization.list',
  summary: 'List the devices that ask to be let in',
  description:
    'Newest first, with what was decided (RFC 8628). Entries are deleted some time after they expire; the events stay.',
  permission: 'grants:read',
  reach: 'realm',
  input: DeviceAuthorizationQuery,
  output: listOf(DeviceAuthorizationView),
  errors: ['not_found'],
  events: [],
  run: listDevices,
})

export const deviceAuthorizationApprove = operation({
  name: 'device_authorization.approve',
  summary: 'Let a device in, in the name of a user',
  description:
    'The device gets tokens of the user, with a session of its own that names no method of sign-in. Where the realm or the client demands a second factor or certain methods, only the user can approve. The events name the caller.',
  permission: 'grants:write',
  reach: 'realm',
  alsoNeeds: [{ permission: 'users:write', when: 'always: the device then acts as the user' }],
  freshSignIn: true,
  makesCredentials: true,
  input: DeviceForUser,
  output: DeviceAuthorizationView,
  errors: ['not_found', 'forbidden', 'conflict', 'expired'],
  events: ['device_authorization.approved', 'session.started', 'grant.created', 'grant.updated'],
  run: approveForUser,
})

export const deviceAuthorizationDeny = operation({
  name: 'device_authorization.deny',
  summary: 'Refuse a device that asks to be let in',
  permission: 'grants:write',
  reach: 'realm',
  irreversible: true,
  input: DeviceCode,
  output: DeviceAuthorizationView,
  errors: ['not_found', 'conflict', 'expired'],
  events: ['device_authorization.denied'],
  run: refuseDevice,
})
