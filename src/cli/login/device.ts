// Signs in with the device authorization grant (RFC 8628): the terminal shows a code for a browser on any machine.

import { hostname } from 'node:os'
import { CLI_CLIENT } from '#kernel/product-words.ts'
import { CommandFailure, EXIT } from '../failure.ts'
import { harmless } from '../text.ts'
import { type Issuer, type Json, SCOPE, send, signInOf } from './issuer.ts'
import type { SignIn } from './sign-in-file.ts'

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code'
/** Seconds between two polls if the server sends no interval (§3.2). */
const INTERVAL = 5
/** Seconds to add to the interval after each slow_down (§3.5). */
const SLOW_DOWN = 5
/** Maximum interval in seconds while the server cannot be reached. */
const INTERVAL_MOST = 60

/** The device authorization response. */
export interface DeviceStart {
  readonly deviceCode: string
  readonly userCode: string
  readonly verificationUri: string
  /** The same URI with the code, if the server sends one. */
  readonly complete: string | undefined
  /** Seconds. */
  readonly expiresIn: number
  readonly interval: number
}

/** The environment for polling. */
export interface Polling {
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Resolves after a number of milliseconds. @throws the error of an interruption */
  readonly wait: (milliseconds: number) => Promise<unknown>
  /** Called once if the server cannot be reached for a while. */
  readonly note: (text: string) => void
}

/**
 * Requests a user code (§3.1).
 * @param agent the User-Agent; the user sees it with the name of this machine
 * @throws CommandFailure if the realm does not support the grant
 */
export async function startDevice(issuer: Issuer, agent: string): Promise<DeviceStart> {
  const { device_authorization_endpoint: endpoint } = issuer
  if (endpoint === undefined || !URL.canParse(endpoint))
    throw unsupported(issuer, 'does not support sign-in with a code')
  const { ok, status, body } = await send(endpoint, {
    method: 'POST',
    headers: { 'user-agent': `${agent} (${hostname().replace(/[^\w.-]/g, '')})` },
    body: new URLSearchParams({ client_id: CLI_CLIENT, scope: SCOPE }),
  })
  if (body?.error === 'unauthorized_client' || body?.error === 'invalid_client') {
    throw unsupported(issuer, 'does not allow the command line to sign in with a code')
  }
  const { device_code: deviceCode, user_code: userCode, verification_uri: verificationUri } = body ?? {}
  if (!ok || typeof deviceCode !== 'string' || typeof userCode !== 'string' || !isAddress(verificationUri)) {
    const why = harmless(String(body?.error_description ?? body?.error ?? 'the response has no code'))
    throw new CommandFailure(EXIT.failed, `${endpoint} responded ${status}: ${why}`)
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

/** The instructions for the user. */
export function instructionsFor({ userCode, verificationUri, complete, expiresIn }: DeviceStart): string {
  const link =
    complete === undefined
      ? ''
      : `\nOr open this address, which contains the code, and compare the code:\n\n  ${complete}\n`
  const minutes = Math.round(expiresIn / 60)
  return `Sign in with a browser on any machine. Open\n\n  ${verificationUri}\n\nand enter the code\n\n  ${userCode}\n${link}\nThe code is valid for ${minutes === 1 ? 'a minute' : `${minutes} minutes`}. Do not give it to other people.`
}

/**
 * Polls until the user has decided (§3.4, §3.5).
 * @throws CommandFailure if the user denies the request or does not decide in time
 */
export async function pollForSignIn(
  issuer: Issuer,
  device: DeviceStart,
  { now, wait, note }: Polling,
): Promise<SignIn> {
  const end = now() + device.expiresIn * 1000
  let { interval } = device
  let hasNoted = false
  while (now() + interval * 1000 < end) {
    await wait(interval * 1000)
    const answer = await ask(issuer, device.deviceCode)
    const error = answer?.body?.error
    if (answer?.ok) return signInOf(issuer, answer.body ?? {}, now())
    if (error === 'slow_down') interval += SLOW_DOWN
    else if (error === 'access_denied') throw failed('The user denied the sign-in.')
    else if (error === 'expired_token' || error === 'invalid_grant') break
    else if (answer && answer.status < 500 && error !== 'authorization_pending') {
      throw failed(`${issuer.token_endpoint} responded ${answer.status}: ${harmless(String(error ?? 'no JSON'))}.`)
    } else if (error !== 'authorization_pending') {
      interval = Math.max(interval, Math.min(interval * 2, INTERVAL_MOST))
      if (!hasNoted) note('The server does not respond. Trying again.')
      hasNoted = true
    }
  }
  throw failed('The code was not entered in time.')
}

async function ask(
  { token_endpoint: endpoint }: Issuer,
  deviceCode: string,
): Promise<{ ok: boolean; status: number; body: Json | undefined } | undefined> {
  const form = { client_id: CLI_CLIENT, grant_type: GRANT, device_code: deviceCode }
  try {
    return await send(endpoint, { method: 'POST', body: new URLSearchParams(form) })
  } catch (error) {
    if (error instanceof CommandFailure && error.exit === EXIT.unreachable) return undefined
    throw error
  }
}

function failed(message: string): CommandFailure {
  return new CommandFailure(EXIT.failed, message, 'Try again: countersign login --device')
}

function unsupported({ issuer }: Issuer, why: string): CommandFailure {
  return new CommandFailure(
    EXIT.failed,
    `${harmless(issuer)} ${why}.`,
    'Sign in with a browser on this machine (countersign login), or update and restart the server.',
  )
}

function isAddress(value: unknown): value is string {
  return typeof value === 'string' && /^https?:\/\/[\x21-\x7e]+$/.test(value)
}
