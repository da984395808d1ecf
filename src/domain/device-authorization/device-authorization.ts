// A device authorization (RFC 8628): the request of a device, and its state.
import type { AuthorizationDetail } from '../authorization/authorization-detail.ts'

/** The grant type of RFC 8628 §3.4. */
export const DEVICE_CODE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'

/** How long a user may take to approve. Seconds. */
export const DEVICE_CODE_LIFETIME = 600

/** The first interval between two polls, and the increase after each poll that came too early. Seconds. */
export const POLL_INTERVAL = 5

/** How much earlier than the interval a poll may come, because clocks and timers are not exact. Milliseconds. */
export const POLL_TOLERANCE = 500

const LETTERS = 'BCDFGHJKLMNPQRSTVWXZ'
const LENGTH = 8
const USER_CODE = new RegExp(`^[${LETTERS}]{${LENGTH}}$`)

/** pending → approved or denied, once; an approved one is exchanged for tokens, once. */
export type DeviceAuthorizationStatus = (typeof DEVICE_STATUSES)[number]
export const DEVICE_STATUSES = ['pending', 'approved', 'denied'] as const

/** What a client polls for, until a person approved it and the client has the tokens. */
export interface PolledRow {
  readonly id: string
  readonly realmId: string
  /** The client’s row id. */
  readonly clientId: string
  /** Seconds. */
  readonly pollInterval: number
  readonly status: DeviceAuthorizationStatus
  /** The session that the approval began, and the token family of the client's tokens. */
  readonly sessionId: string | null
  readonly familyId: string | null
  readonly createdAt: number
  readonly expiresAt: number
  readonly consumedAt: number | null
}

/** One request of one device. */
export interface DeviceAuthorization extends PolledRow {
  /** SHA-256 of the device code. */
  readonly deviceCodeHash: string
  /**
   * A MAC of the user code. A digest would not be enough, because the code is short and could be found by trying all
   * codes.
   */
  readonly userCodeHash: string
  /** The sealed user code, to be shown to the user beside the request. */
  readonly userCode: string
  readonly scopes: readonly string[]
  /** Identifiers of resources (RFC 8707); empty for the realm itself. */
  readonly resources: readonly string[]
  /** What `authorization_details` asks for (RFC 9396). */
  readonly details: readonly AuthorizationDetail[]
  /** The organization that the request names. */
  readonly organization: string | null
  /** The organization that it was approved for. */
  readonly organizationId: string | null
  /** The IP address of the device. */
  readonly ip: string | null
  readonly userAgent: string | null
  /** The first user who saw it, and the only one who may decide. */
  readonly userId: string | null
  readonly polledAt: number | null
  readonly decidedAt: number | null
}

/** The characters of a user code: letters without vowels, so that no words appear (RFC 8628 §6.1). */
export function makeUserCode(random: { text(length: number, alphabet: string): string }): string {
  return random.text(LENGTH, LETTERS)
}

/** A user code in two halves, as it is shown. */
export function formatUserCode(code: string): string {
  return `${code.slice(0, LENGTH / 2)}-${code.slice(LENGTH / 2)}`
}

/** The user code in a typed text, with any spacing and case (RFC 8628 §6.1); undefined if it contains none. */
export function readUserCode(typed: string): string | undefined {
  const code = typed.toUpperCase().replace(/[^A-Z]/g, '')
  return USER_CODE.test(code) ? code : undefined
}
