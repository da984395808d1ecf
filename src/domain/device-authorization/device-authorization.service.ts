// The steps of a device authorization: the device begins it, the user finds it by its code and approves or denies it.

import { Failure } from '#kernel/error.ts'
import { userActor } from '../actor.ts'
import { type Approval, recordApproval } from '../authorization/issue-code.ts'
import { recordAnswer, type Transaction } from '../authorization/transaction.ts'
import type { Client } from '../client/client.ts'
import { takeRowOfPublicClient } from '../client/public-client-limits.ts'
import type { Context, Unit } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { networkOf } from '../sign-in/sign-in-limits.ts'
import type { User } from '../user/user.ts'
import {
  DEVICE_CODE_LIFETIME,
  type DeviceAuthorization,
  makeUserCode,
  POLL_INTERVAL,
  readUserCode,
} from './device-authorization.ts'
import { sessionElsewhere } from './session-elsewhere.ts'

/** How many device authorizations a client may begin from one network in a window; the window is in seconds. */
const STARTS = { limit: 100, window: DEVICE_CODE_LIFETIME } as const
/** How many events a public client gets about what was begun in its name, from however many networks. */
const STARTED_EVENTS = { limit: 600, window: 3600 } as const
/** How many invalid user codes may be tried in a window, in seconds (RFC 8628 §5.1). */
const CODE_LIMIT = { limit: 20, window: 900 } as const
/** The same limit for all users of a realm together who are not signed in. */
const SIGNED_OUT_CODE_LIMIT = { limit: 2000, window: 900 } as const
/** After this number of collisions of random user codes, the code gives up. */
const USER_CODE_ATTEMPTS_MAX = 8

/** The response to the device (RFC 8628 §3.2). */
export interface StartedDevice {
  readonly deviceCode: string
  readonly userCode: string
}

/**
 * Begins a device authorization (RFC 8628 §3.1).
 * @param request scopes, identifiers of resources and authorization details, checked
 * @throws Failure `too_many_requests`
 */
export async function startDeviceAuthorization(
  context: Context,
  client: Client,
  request: Pick<DeviceAuthorization, 'scopes' | 'resources'> &
    Partial<Pick<DeviceAuthorization, 'details' | 'organization'>>,
): Promise<StartedDevice> {
  const { actor, clock, crypto, limiter, random, scope } = context
  const { ip, userAgent } = actor.origin
  const wait = await limiter.take(`device start ${client.id} ${networkOf(ip)}`, STARTS.limit, STARTS.window)
  if (wait > 0) throw new Failure('too_many_requests', { retryAfter: wait })
  await takeRowOfPublicClient(context, client, request)
  const deviceCode = random.secret()
  const now = clock.now()
  const realm = realmOf(scope)
  const draft: Omit<DeviceAuthorization, 'userCode' | 'userCodeHash'> = {
    id: random.id(),
    realmId: realm.id,
    clientId: client.id,
    deviceCodeHash: crypto.digest(deviceCode),
    scopes: request.scopes,
    resources: request.resources,
    details: request.details ?? [],
    organization: request.organization ?? null,
    organizationId: null,
    ip,
    userAgent,
    pollInterval: POLL_INTERVAL,
    status: 'pending',
    userId: null,
    sessionId: null,
    familyId: null,
    createdAt: now,
    expiresAt: now + DEVICE_CODE_LIFETIME * 1000,
    consumedAt: null,
    polledAt: null,
    decidedAt: null,
  }
  const isTold = client.authMethod !== 'none' || (await mayTell(context, client))
  return context.write(async (unit) => {
    const userCode = await insert(context, unit, draft)
    if (isTold)
      emitDeviceEvent(unit, 'started', { client, actor: { kind: 'client', id: client.id, label: client.label }, draft })
    return { deviceCode, userCode }
  })
}

// Anybody can begin device authorizations in the name of a public client. The rows go when they expire; the events stay.
async function mayTell({ limiter }: Context, { id }: Client): Promise<boolean> {
  return (await limiter.take(`device events ${id}`, STARTED_EVENTS.limit, STARTED_EVENTS.window)) === 0
}

async function insert(
  context: Context,
  unit: Unit,
  draft: Omit<DeviceAuthorization, 'userCode' | 'userCodeHash'>,
): Promise<string> {
  for (let attempt = 0; attempt < USER_CODE_ATTEMPTS_MAX; attempt++) {
    const code = makeUserCode(context.random)
    const userCodeHash = hashOfUserCode(context, code)
    const userCode = context.crypto.seal('user-code', code)
    if (await unit.deviceAuthorizations.insert({ ...draft, userCodeHash, userCode })) return code
  }
  throw new Failure('temporarily_unavailable', 'No user code is available now. Try again.')
}

/** The device authorization of a typed code, or the number of seconds until the next try. */
export type Lookup = { readonly found: DeviceAuthorization | undefined } | { readonly retryAfter: number }

/**
 * Finds a device authorization by a typed code. Invalid codes are counted per network and per user, and per realm for
 * users who are not signed in. The result is the same for a code that is unknown, expired, decided or shown to another
 * user.
 * @param userId the user who is signed in
 */
export async function lookUpUserCode(context: Context, typed: string, userId: string | undefined): Promise<Lookup> {
  const code = readUserCode(typed)
  if (code === undefined) return { found: undefined }
  const { actor, limiter, read, clock, scope } = context
  const realm = realmOf(scope)
  const budgets = [
    { key: `user code network ${networkOf(actor.origin.ip)}`, ...CODE_LIMIT },
    userId === undefined
      ? { key: `user code realm ${realm.id}`, ...SIGNED_OUT_CODE_LIMIT }
      : { key: `user code user ${userId}`, ...CODE_LIMIT },
  ]
  for (const { key, limit, window } of budgets) {
    const retryAfter = await limiter.take(key, limit, window)
    if (retryAfter > 0) return { retryAfter }
  }
  const device = await read.deviceAuthorizations.findByUserCode(realm.id, hashOfUserCode(context, code))
  const open = device?.status === 'pending' && device.expiresAt > clock.now()
  const isAllowed = device?.userId === null || userId === undefined || device?.userId === userId
  if (!open || !isAllowed) return { found: undefined }
  for (const { key } of budgets) await limiter.giveBack(key)
  return { found: device }
}

/**
 * Binds a device authorization to the first user who sees it. From then on only this user can decide about it.
 * @throws Failure `expired` if it was decided, has expired or was shown to another user
 */
export async function claimDevice(context: Context, id: string, userId: string): Promise<DeviceAuthorization> {
  const { clock, read, scope } = context
  const claimed = await context.write((unit) => unit.deviceAuthorizations.claim(id, userId, clock.now()))
  const device = claimed ? await read.deviceAuthorizations.find(realmOf(scope).id, id) : undefined
  if (!device) throw new Failure('expired')
  return device
}

/** The user code of a device authorization, as the device shows it. */
export function userCodeOf({ crypto }: Pick<Context, 'crypto'>, { userCode }: DeviceAuthorization): string {
  return crypto.open('user-code', userCode)
}

/**
 * Approves a device. The device gets a session of its own, which ends together with its tokens. If the user approves on
 * a borrowed computer and signs out there, the device stays signed in; the user can end its session separately.
 * @throws Failure `expired` if it can no longer be approved, `login_required` if the session or the user ended
 */
export async function approveDevice(context: Context, id: string, approval: Approval): Promise<void> {
  const { clock, random } = context
  const { client, signedIn, organizationId = null } = approval
  const { userId } = signedIn.session
  const [sessionId, familyId] = [random.id(), random.id()]
  const begin = sessionElsewhere(context, signedIn, { id: sessionId, client })
  await context.write(async (unit) => {
    await recordApproval(context, unit, approval)
    const approved = await unit.deviceAuthorizations.approve(
      id,
      { userId, sessionId, familyId, organizationId },
      clock.now(),
    )
    if (!approved) throw new Failure('expired')
    await begin(unit, approved)
    const actor = userActor(signedIn.user)
    emitDeviceEvent(unit, 'approved', { client, actor, draft: approved, data: { sessionId, familyId } })
  })
}

/** Denies a device. @throws Failure `expired` if it was already decided or has expired */
export async function denyDevice(
  context: Context,
  id: string,
  { client, user, transaction }: { client: Client; user: Pick<User, 'id' | 'email'>; transaction: Transaction },
): Promise<void> {
  const { clock, read, scope } = context
  const device = await read.deviceAuthorizations.find(realmOf(scope).id, id)
  await context.write(async (unit) => {
    await recordAnswer(context, unit, transaction)
    if (!device || !(await unit.deviceAuthorizations.deny(id, user.id, clock.now()))) return
    emitDeviceEvent(unit, 'denied', { client, actor: userActor(user), draft: device })
  })
}

/** How a user code is found in a realm. */
export function hashOfUserCode({ crypto, scope }: Pick<Context, 'crypto' | 'scope'>, code: string): string {
  return crypto.mac('user-code', JSON.stringify([realmOf(scope).id, code]))
}

/** Tells of a device authorization. @param device.actor who did it; the caller where there is none */
export function emitDeviceEvent(
  unit: Unit,
  action: 'started' | 'approved' | 'denied',
  device: {
    client: Client
    actor?: { kind: string; id: string; label?: string }
    draft: Pick<DeviceAuthorization, 'scopes' | 'resources' | 'userId'>
    data?: Readonly<Record<string, unknown>>
  },
): void {
  const { client, actor, draft, data } = device
  unit.emit(`device_authorization.${action}`, {
    subject: { type: 'client', id: client.id, label: client.label },
    ...(actor && { actor }),
    data: { clientId: client.clientId, scope: draft.scopes.join(' '), resources: draft.resources, ...data },
  })
}
