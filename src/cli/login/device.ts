// Signing in where there is no browser (RFC 8628): a code is shown here and entered in a browser anywhere.
import { hostname } from 'node:os'
import { CommandFailure, EXIT } from '../failure.ts'
import { harmless } from '../text.ts'
import { CLIENT_ID, type Issuer, type Json, SCOPE, send, signInOf } from './issuer.ts'
import type { SignIn } from './sign-in-file.ts'

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code'
/** Seconds between two polls where the server does not say (§3.2). */
const INTERVAL = 5
/** How much longer to wait after each slow_down (§3.5). */
const SLOWER = 5
/** How long to wait at most after the server could not be reached. */
const INTERVAL_MOST = 60

/** What the server gave this terminal to show. */
export interface DeviceStart {
  readonly deviceCode: string
  readonly userCode: string
  readonly verificationUri: string
  /** The same with the code, where the server makes one. */
  readonly complete: string | undefined
  /** Seconds. */
  readonly expiresIn: number
  readonly interval: number
}

/** What polling is done with. */
export interface Polling {
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Resolves after so many milliseconds. @throws whatever the interruption brings */
  readonly wait: (milliseconds: number) => Promise<unknown>
  /** Told once where the server cannot be reached for a while. */
  readonly note: (text: string) => void
}

/**
 * Asks for a code to show (§3.1).
 * @param agent what the person will be told asks, with the name of this machine
 * @throws CommandFailure where the realm offers no such thing
 */
export async function startDevice(issuer: Issuer, agent: string): Promise<DeviceStart> {
  const { device_authorization_endpoint: endpoint } = issuer
  if (endpoint === undefined || !URL.canParse(endpoint)) throw unsupported(issuer, 'offers no sign-in with a code')
  const { ok, status, body } = await send(endpoint, {
    method: 'POST',
    headers: { 'user-agent': `${agent} (${hostname().replace(/[^\w.-]/g, '')})` },
    body: new URLSearchParams({ client_id: CLIENT_ID, scope: SCOPE }),
  })
  if (body?.error === 'unauthorized_client' || body?.error === 'invalid_client') {
    throw unsupported(issuer, 'does not let a terminal sign in with a code')
  }
  const { device_code: deviceCode, user_code: userCode, verification_uri: verificationUri } = body ?? {}
  if (!ok || typeof deviceCode !== 'string' || typeof userCode !== 'string' || !isAddress(verificationUri)) {
    const why = harmless(String(body?.error_description ?? body?.error ?? 'no code came back'))
    throw new CommandFailure(EXIT.failed, `${endpoint} answered ${status}: ${why}`)
  }
  const { verification_uri_complete: complete, expires_in: expiresIn, interval } = body ?? {}
  return {
    deviceCode,
    userCode: harmless(userCode),
    verificationUri,
    complete: isAddress(complete) ? complete : undefined,
    expiresIn: typeof expiresIn === 'number' ? expiresIn : 0,
    interval: typeof interval === 'number' && interval > 0 ? interval : INTERVAL,
  }
}

/** What a person is to do, in a browser anywhere. */
export function instructionsFor({ userCode, verificationUri, complete, expiresIn }: DeviceStart): string {
  const link = complete === undefined ? '' : `\nThis address has the code in it; compare it there:\n\n  ${complete}\n`
  const minutes = Math.round(expiresIn / 60)
  return `Sign in with a browser on any machine. Open\n\n  ${verificationUri}\n\nand enter the code\n\n  ${userCode}\n${link}\nThe code is good for ${minutes === 1 ? 'a minute' : `${minutes} minutes`}. Give it to nobody.`
}

/**
 * Waits for the person to decide (§3.4, §3.5).
 * @throws CommandFailure where they refuse, or take too long
 */
export async function pollForSignIn(
  issuer: Issuer,
  device: DeviceStart,
  { now, wait, note }: Polling,
): Promise<SignIn> {
  const end = now() + device.expiresIn * 1000
  let { interval } = device
  let told = false
  while (now() + interval * 1000 < end) {
    await wait(interval * 1000)
    const answer = await ask(issuer, device.deviceCode)
    const error = answer?.body?.error
    if (answer?.ok) return signInOf(issuer, answer.body ?? {}, now())
    if (error === 'slow_down') interval += SLOWER
    else if (error === 'access_denied') throw over('The sign-in was refused.')
    else if (error === 'expired_token' || error === 'invalid_grant') break
    else if (answer && answer.status < 500 && error !== 'authorization_pending') {
      throw over(`${issuer.token_endpoint} answered ${answer.status}: ${harmless(String(error ?? 'no JSON'))}.`)
    } else if (error !== 'authorization_pending') {
      interval = Math.max(interval, Math.min(interval * 2, INTERVAL_MOST))
      if (!told) note('The server does not answer; trying again.')
      told = true
    }
  }
  throw over('Nobody entered the code in time.')
}

async function ask(
  { token_endpoint: endpoint }: Issuer,
  deviceCode: string,
): Promise<{ ok: boolean; status: number; body: Json | undefined } | undefined> {
  const form = { client_id: CLIENT_ID, grant_type: GRANT, device_code: deviceCode }
  try {
    return await send(endpoint, { method: 'POST', body: new URLSearchParams(form) })
  } catch (error) {
    if (error instanceof CommandFailure && error.exit === EXIT.unreachable) return undefined
    throw error
  }
}

function over(message: string): CommandFailure {
  return new CommandFailure(EXIT.failed, message, 'Try again: countersign login --device')
}

function unsupported({ issuer }: Issuer, why: string): CommandFailure {
  return new CommandFailure(
    EXIT.failed,
    `${harmless(issuer)} ${why}.`,
    'Sign in with a browser on this machine, countersign login, or bring the server up to date and restart it.',
  )
}

function isAddress(value: unknown): value is string {
  return typeof value === 'string' && /^https?:\/\/[\x21-\x7e]+$/.test(value)
}
