// Remembers browsers in which a person was asked for a second factor, and forgets them. What is remembered is no factor: it
// raises no level.
import { Failure } from '#kernel/error.ts'
import { mapPage, type Page } from '#kernel/page.ts'
import { userActor } from '../actor.ts'
import type { Context, Unit } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { directoryOf } from '../user/user.service.ts'
import type { User } from '../user/user.ts'
import {
  type RememberedDevice,
  type RememberedDeviceOfUser,
  type RememberedDeviceQuery,
  type RememberedDeviceView,
  viewRememberedDevice,
} from './remembered-device.ts'

const DAY = 86_400_000

/** What the cookie of a device has, and for how long: seconds. */
export interface DeviceCookie {
  readonly secret: string
  readonly maxAge: number
}

/**
 * For how many days browsers are remembered at the context's realm; 0 for not at all. Where every sign-in needs a second
 * factor, none are.
 */
export function rememberedDays({ scope }: Pick<Context, 'scope'>): number {
  const { minAal, policy } = realmOf(scope)
  return minAal > 1 ? 0 : policy.rememberedDeviceDays
}

/**
 * The device of a user that a browser has the cookie of. It has to be the same program, but for its version.
 * @param secret the cookie
 */
export async function findDevice(
  context: Pick<Context, 'actor' | 'clock' | 'crypto' | 'scope'>,
  { rememberedDevices }: Pick<Unit, 'rememberedDevices'>,
  { id }: Pick<User, 'id'>,
  secret: string | undefined,
): Promise<RememberedDevice | undefined> {
  const { actor, crypto, scope } = context
  if (secret === undefined || rememberedDays(context) === 0) return undefined
  const hash = crypto.digest(secret)
  const program = programOf(actor.origin.userAgent)
  return (await rememberedDevices.allOf(realmOf(scope).id, id)).find(
    (device) =>
      crypto.equal(device.secretHash, hash) && isValid(context, device) && programOf(device.userAgent) === program,
  )
}

/**
 * Uses a device inside a write: it gets another secret, so that a copy of its cookie is worth nothing once the owner
 * signed in.
 * @returns undefined if it was used just now
 */
export async function useDevice(
  { actor, clock, crypto, random }: Context,
  unit: Unit,
  user: User,
  device: RememberedDevice,
): Promise<DeviceCookie | undefined> {
  const [secret, now] = [random.secret(), clock.now()]
  const { ip, userAgent } = actor.origin
  if (!(await unit.rememberedDevices.use(device, { secretHash: crypto.digest(secret), ip, userAgent }, now)))
    return undefined
  unit.emit('remembered_device.used', aboutDevice(user, device))
  return { secret, maxAge: Math.floor((device.expiresAt - now) / 1000) }
}

/** Remembers the browser of a user who has proven a second factor, inside the write. */
export async function rememberDevice(context: Context, unit: Unit, user: User): Promise<DeviceCookie | undefined> {
  const { actor, clock, crypto, random, scope } = context
  const days = rememberedDays(context)
  if (days === 0) return undefined
  const [secret, now] = [random.secret(), clock.now()]
  const { id: realmId, tenantId } = realmOf(scope)
  const { ip, userAgent } = actor.origin
  const device: RememberedDevice = {
    id: random.id(),
    tenantId,
    realmId,
    userId: user.id,
    secretHash: crypto.digest(secret),
    ip,
    userAgent,
    createdAt: now,
    lastUsedAt: null,
    expiresAt: now + days * DAY,
  }
  await unit.rememberedDevices.insert(device)
  unit.emit('remembered_device.added', aboutDevice(user, device))
  return { secret, maxAge: days * 86_400 }
}

/** The devices of a person at the realm that are not asked for the second factor, the newest first. */
export async function ownDevices(context: Context, { id }: Pick<User, 'id'>): Promise<RememberedDevice[]> {
  const all = await context.read.rememberedDevices.allOf(realmOf(context.scope).id, id)
  return all.filter((device) => isValid(context, device))
}

/** One page of a user's devices at the realm. @throws Failure `not_found` */
export async function listRememberedDevices(
  context: Context,
  { id, ...query }: RememberedDeviceQuery,
): Promise<Page<RememberedDeviceView>> {
  const { read, scope } = context
  if (!(await read.users.find(directoryOf(context), id))) throw new Failure('not_found')
  return mapPage(await read.rememberedDevices.list(realmOf(scope).id, id, query), viewRememberedDevice)
}

/** Forgets a device of a user at the realm: the second factor is asked for again. @throws Failure `not_found` */
export async function forgetDevice(
  context: Context,
  { id, rememberedDeviceId }: RememberedDeviceOfUser,
): Promise<void> {
  const directoryId = directoryOf(context)
  const { id: realmId } = realmOf(context.scope)
  await context.write(async (unit) => {
    const user = await unit.users.lock(directoryId, id)
    const device = { realmId, userId: id, id: rememberedDeviceId }
    if (!user || !(await unit.rememberedDevices.delete(device))) throw new Failure('not_found')
    const { subject, data } = aboutDevice(user, device)
    unit.emit('remembered_device.removed', { subject, data })
  })
}

/** A shorter time of the realm holds for the devices that there are too. */
function isValid(
  context: Pick<Context, 'clock' | 'scope'>,
  { createdAt, expiresAt }: Pick<RememberedDevice, 'createdAt' | 'expiresAt'>,
): boolean {
  return context.clock.now() < Math.min(expiresAt, createdAt + rememberedDays(context) * DAY)
}

function aboutDevice(user: User, { id }: Pick<RememberedDevice, 'id'>) {
  return {
    subject: { type: 'remembered_device', id, label: user.email },
    actor: userActor(user),
    data: { userId: user.id },
  } as const
}

/** A User-Agent without the numbers of versions. */
function programOf(userAgent: string | null): string {
  return (userAgent ?? '').replaceAll(/[\d._]+/g, '')
}
