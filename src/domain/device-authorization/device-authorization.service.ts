// What a device and a person do about a device authorization: begin, find it by its code, approve, deny.
import { Failure } from '#kernel/error.ts'
import { type Approval, recordApproval } from '../authorization/issue-code.ts'
import { consumeTransaction, type Transaction } from '../authorization/transaction.ts'
import type { Client } from '../client/client.ts'
import type { Context, Unit } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import type { Session } from '../session/session.ts'
import { networkOf } from '../sign-in/sign-in-limits.ts'
import {
  DEVICE_CODE_LIFETIME,
  type DeviceAuthorization,
  makeUserCode,
  POLL_INTERVAL,
  readUserCode,
} from './device-authorization.ts'

/** How many devices of one client may begin in one network, in a time in seconds. */
const STARTS = { limit: 100, window: DEVICE_CODE_LIFETIME } as const
/** How many codes that lead nowhere are looked up, in a time in seconds (RFC 8628 §5.1). */
const GUESSES = { limit: 20, window: 900 } as const
/** The same for all of a realm’s visitors together who are not signed in. */
const GUESSES_OF_STRANGERS = { limit: 2000, window: 900 } as const
/** So many codes taken in a row are no chance. */
const TRIES = 8

/** What a device is told (RFC 8628 §3.2). */
export interface StartedDevice {
  readonly deviceCode: string
  readonly userCode: string
}

/**
 * Begins a device authorization (RFC 8628 §3.1).
 * @param asked scopes and identifiers of resources, checked
 * @throws Failure `too_many_requests`
 */
export async function startDeviceAuthorization(
  context: Context,
  client: Client,
  asked: Pick<DeviceAuthorization, 'scopes' | 'resources'>,
): Promise<StartedDevice> {
  const { actor, clock, crypto, limiter, random, scope } = context
  const { ip, userAgent } = actor.origin
  const wait = await limiter.take(`device start ${client.id} ${networkOf(ip)}`, STARTS.limit, STARTS.window)
  if (wait > 0) throw new Failure('too_many_requests', { retryAfter: wait })
  const deviceCode = random.secret()
  const now = clock.now()
  const realm = realmOf(scope)
  const draft: Omit<DeviceAuthorization, 'userCode' | 'userCodeHash'> = {
    id: random.id(),
    realmId: realm.id,
    clientId: client.id,
    deviceCodeHash: crypto.digest(deviceCode),
    scopes: asked.scopes,
    resources: asked.resources,
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
  }
  return context.write(async (unit) => {
    const userCode = await insert(context, unit, draft)
    tell(unit, 'started', { client, actor: { kind: 'client', id: client.id, label: client.label }, draft })
    return { deviceCode, userCode }
  })
}

async function insert(
  context: Context,
  unit: Unit,
  draft: Omit<DeviceAuthorization, 'userCode' | 'userCodeHash'>,
): Promise<string> {
  for (let tried = 0; tried < TRIES; tried++) {
    const code = makeUserCode(context.random)
    const userCodeHash = hashOf(context, code)
    const userCode = context.crypto.seal('user-code', code)
    if (await unit.deviceAuthorizations.insert({ ...draft, userCodeHash, userCode })) return code
  }
  throw new Failure('temporarily_unavailable', 'No user code is free.')
}

/** What a code that a person typed leads to, or the seconds until another may be tried. */
export type Lookup = { readonly found: DeviceAuthorization | undefined } | { readonly retryAfter: number }

/**
 * Looks up a code that a person typed. Codes that lead nowhere are counted by network, by who is signed in and, for
 * strangers, by realm; unknown, expired, decided and somebody else’s look alike.
 * @param userId who is signed in
 */
export async function lookUpUserCode(context: Context, typed: string, userId: string | undefined): Promise<Lookup> {
  const code = readUserCode(typed)
  if (code === undefined) return { found: undefined }
  const { actor, limiter, read, clock, scope } = context
  const realm = realmOf(scope)
  const budgets = [
    { key: `user code network ${networkOf(actor.origin.ip)}`, ...GUESSES },
    userId === undefined
      ? { key: `user code realm ${realm.id}`, ...GUESSES_OF_STRANGERS }
      : { key: `user code user ${userId}`, ...GUESSES },
  ]
  for (const { key, limit, window } of budgets) {
    const retryAfter = await limiter.take(key, limit, window)
    if (retryAfter > 0) return { retryAfter }
  }
  const found = await read.deviceAuthorizations.findByUserCode(realm.id, hashOf(context, code))
  const open = found?.status === 'pending' && found.expiresAt > clock.now()
  const theirs = found?.userId === null || userId === undefined || found?.userId === userId
  if (!open || !theirs) return { found: undefined }
  for (const { key } of budgets) await limiter.giveBack(key)
  return { found }
}

/**
 * Shows a device authorization to a person, who alone can decide about it from then on.
 * @throws Failure `expired` where it is decided, over, or was shown to somebody else
 */
export async function claimDevice(context: Context, id: string, userId: string): Promise<DeviceAuthorization> {
  const { clock, read, scope } = context
  const claimed = await context.write((unit) => unit.deviceAuthorizations.claim(id, userId, clock.now()))
  const found = claimed ? await read.deviceAuthorizations.find(realmOf(scope).id, id) : undefined
  if (!found) throw new Failure('expired')
  return found
}

/** The code of a device authorization as its device shows it. */
export function userCodeOf({ crypto }: Pick<Context, 'crypto'>, { userCode }: DeviceAuthorization): string {
  return crypto.open('user-code', userCode)
}

/**
 * Lets a device in. That begins a session of its own, which ends with its tokens and they with it: whoever approves on
 * a borrowed computer and signs out there does not sign the device out, and can see and end it by itself.
 * @throws Failure `expired` where it cannot be approved any more, `login_required` where session or user ended meanwhile
 */
export async function approveDevice(context: Context, id: string, approval: Approval): Promise<void> {
  const { clock, crypto, random } = context
  const { client, session: own } = approval
  const secretHash = crypto.digest(random.secret())
  const [sessionId, familyId] = [random.id(), random.id()]
  await context.write(async (unit) => {
    const now = clock.now()
    await recordApproval(context, unit, approval)
    const approved = await unit.deviceAuthorizations.approve(id, { userId: own.userId, sessionId, familyId }, now)
    if (!approved) throw new Failure('expired')
    const session = sessionOf(context, own, approved, { id: sessionId, secretHash, now })
    await unit.sessions.insert(session)
    const { userId, amr, aal, expiresAt } = session
    const actor = { kind: 'user', id: userId }
    unit.emit('session.started', {
      subject: { type: 'session', id: sessionId },
      actor,
      data: { userId, amr, aal, renewed: false, expiresAt, clientId: client.clientId },
    })
    tell(unit, 'approved', { client, actor, draft: approved, data: { sessionId, familyId } })
  })
}

/** Refuses a device; one that is decided or over stays as it is. @throws Failure `expired` for a second answer */
export async function denyDevice(
  context: Context,
  id: string,
  { client, userId, transaction }: { client: Client; userId: string; transaction: Transaction },
): Promise<void> {
  const { clock, read, scope } = context
  const found = await read.deviceAuthorizations.find(realmOf(scope).id, id)
  await context.write(async (unit) => {
    await consumeTransaction(context, unit, transaction)
    if (!found || !(await unit.deviceAuthorizations.deny(id, userId, clock.now()))) return
    tell(unit, 'denied', { client, actor: { kind: 'user', id: userId }, draft: found })
  })
}

// The session has a secret like any other, but nobody is told it: no browser can carry it.
function sessionOf(
  { scope }: Context,
  { userId, amr, aal, authenticatedAt, tenantId, realmId }: Session,
  { ip, userAgent }: DeviceAuthorization,
  { id, secretHash, now }: { id: string; secretHash: string; now: number },
): Session {
  return {
    id,
    tenantId,
    realmId,
    userId,
    secretHash,
    amr,
    aal,
    ip,
    userAgent,
    authenticatedAt,
    createdAt: now,
    lastSeenAt: now,
    expiresAt: now + realmOf(scope).policy.sessionLifetime * 1000,
    endedAt: null,
  }
}

function hashOf({ crypto, scope }: Pick<Context, 'crypto' | 'scope'>, code: string): string {
  return crypto.mac('user-code', JSON.stringify([realmOf(scope).id, code]))
}

function tell(
  unit: Unit,
  what: 'started' | 'approved' | 'denied',
  given: {
    client: Client
    actor: { kind: string; id: string; label?: string }
    draft: Pick<DeviceAuthorization, 'scopes' | 'resources' | 'userId'>
    data?: Readonly<Record<string, unknown>>
  },
): void {
  const { client, actor, draft, data } = given
  unit.emit(`device_authorization.${what}`, {
    subject: { type: 'client', id: client.id },
    actor,
    data: { clientId: client.clientId, scope: draft.scopes.join(' '), resources: draft.resources, ...data },
  })
}
