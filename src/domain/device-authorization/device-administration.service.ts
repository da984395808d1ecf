// How administrators list device authorizations, and decide about them in the name of users.
import { Failure, flawed } from '#kernel/error.ts'
import type { Page } from '#kernel/page.ts'
import { chosenOrganization, idOfChosen } from '../authorization/chosen-organization.ts'
import { consentRequestsOf } from '../authorization/consent-ask.ts'
import type { Client } from '../client/client.ts'
import { leastLevel } from '../client/sign-in-demands.ts'
import type { Context, Stores } from '../context.ts'
import { recordConsent } from '../grant/grant.service.ts'
import { activeUser } from '../grant/grant-administration.service.ts'
import { checkAlsoPermitted } from '../permitted.ts'
import { realmOf } from '../realm/realm.service.ts'
import { emitDeviceEvent, hashOfUserCode } from './device-authorization.service.ts'
import { DEVICE_CODE_GRANT, type DeviceAuthorization, readUserCode } from './device-authorization.ts'
import {
  type DeviceAuthorizationQuery,
  type DeviceAuthorizationView,
  type DeviceCode,
  type DeviceForUser,
  viewDeviceAuthorization,
} from './device-authorization-view.ts'
import { sessionElsewhere } from './session-elsewhere.ts'

/** One page of the realm's device authorizations, newest first. */
export async function listDevices(
  context: Context,
  query: DeviceAuthorizationQuery,
): Promise<Page<DeviceAuthorizationView>> {
  const { clock, read, scope } = context
  const { id: realmId } = realmOf(scope)
  const page = await read.deviceAuthorizations.list(realmId, query, clock.now())
  const named = await read.clients.named(realmId, [...new Set(page.data.map(({ clientId }) => clientId))])
  const shown = page.data.map((device) => {
    const client = named.get(device.clientId)
    return viewDeviceAuthorization(context, device, client ? { clientId: client.clientId, label: client.label } : null)
  })
  return { ...page, data: shown }
}

/**
 * Lets a device in for a user. Nobody signed in for it, so its session has no method, and level 1.
 * @throws Failure `not_found`, `expired`, `conflict` where it was decided, another user entered the code, the user is
 *   suspended, or the client demands what only a sign-in can prove; `invalid_input` where no user is known
 */
export async function approveForUser(context: Context, { userCode, userId }: DeviceForUser) {
  checkAlsoPermitted(context, 'users:write')
  const { clock, random, read, registry, scope } = context
  const realm = realmOf(scope)
  const device = await undecided(context, read, userCode)
  const forUser = userId ?? device.userId
  if (forUser === null) throw flawed('userId', 'is needed: nobody has entered the code yet')
  if (device.userId !== null && device.userId !== forUser)
    throw new Failure('conflict', 'Another user entered the code.')
  const client = await clientOf(context, device)
  const choice = await chosenOrganization(context, client, forUser, { request: device, progress: {} })
  if (choice.kind === 'open' || choice.kind === 'foreign') {
    throw new Failure('conflict', 'The client asks for an organization, which the user has to choose.')
  }
  const organizationId = idOfChosen(choice) ?? null
  const asked = consentRequestsOf(device, await registry.resources(realm.tenantId))
  const [sessionId, familyId] = [random.id(), random.id()]
  return context.write(async (unit) => {
    const user = await activeUser(unit, realm.directoryId, forUser)
    if (organizationId !== null && !(await unit.organizations.holdMember(organizationId, forUser))) {
      throw new Failure('conflict', 'The user is not a member of the organization any more.')
    }
    for (const { resource, scopes, details } of asked) {
      await recordConsent(context, unit, { realmId: realm.id, user, client, resource, scopes, details, isGiven: true })
    }
    const approval = { userId: forUser, sessionId, familyId, organizationId }
    const approved = await unit.deviceAuthorizations.approve(device.id, approval, clock.now())
    if (!approved) throw new Failure('conflict', DECIDED)
    const { tenantId, id: realmId } = realm
    const session = { userId: forUser, amr: [], aal: 1, authenticatedAt: 0, tenantId, realmId }
    await sessionElsewhere(context, { session, user }, { id: sessionId, client, isGiven: true })(unit, approved)
    emitDeviceEvent(unit, 'approved', { client, draft: approved, data: { userId: forUser, sessionId, familyId } })
    return viewDeviceAuthorization(context, approved, { clientId: client.clientId, label: client.label })
  })
}

/**
 * Refuses a device, whoever entered its code.
 * @throws Failure `not_found`, `expired`, `conflict` where it was decided
 */
export async function refuseDevice(context: Context, { userCode }: DeviceCode): Promise<DeviceAuthorizationView> {
  const { clock, read, scope } = context
  const device = await undecided(context, read, userCode)
  const named = await read.clients.find(realmOf(scope).id, device.clientId)
  const now = clock.now()
  return context.write(async (unit) => {
    if (!(await unit.deviceAuthorizations.withdraw(device.id, now))) throw new Failure('conflict', DECIDED)
    const { client } = named ?? {}
    if (client) emitDeviceEvent(unit, 'denied', { client, draft: device })
    const shown = client ? { clientId: client.clientId, label: client.label } : null
    return viewDeviceAuthorization(context, { ...device, status: 'denied', decidedAt: now }, shown)
  })
}

const DECIDED = 'It was decided already.'

async function undecided(
  context: Context,
  { deviceAuthorizations }: Stores,
  typed: string,
): Promise<DeviceAuthorization> {
  const code = readUserCode(typed)
  const hash = code === undefined ? undefined : hashOfUserCode(context, code)
  const realm = realmOf(context.scope)
  const device = hash === undefined ? undefined : await deviceAuthorizations.findByUserCode(realm.id, hash)
  if (!device) throw new Failure('not_found')
  if (device.status !== 'pending') throw new Failure('conflict', DECIDED)
  if (device.expiresAt <= context.clock.now()) throw new Failure('expired')
  return device
}

/** The client of a device, where an administrator may stand for the sign-in that it needs. @throws Failure `conflict` */
async function clientOf({ read, scope }: Context, { clientId }: DeviceAuthorization): Promise<Client> {
  const realm = realmOf(scope)
  const named = await read.clients.find(realm.id, clientId)
  const registered = named && (await read.clients.findByClientId(realm.id, named.client.clientId))
  if (registered?.status !== 'active' || !registered.grantTypes.includes(DEVICE_CODE_GRANT)) {
    throw new Failure('conflict', 'The client cannot be let in by a device code any more.')
  }
  if (leastLevel(realm, registered) > 1 || registered.signInMethods !== null) {
    throw new Failure('conflict', 'The client demands a sign-in of a certain kind: the user has to approve it.')
  }
  return registered
}
