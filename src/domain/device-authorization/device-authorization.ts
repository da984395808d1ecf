// A device that asks to be let in (RFC 8628): what it asks for, and what became of it.

/** The grant type of RFC 8628 §3.4. */
export const DEVICE_CODE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'

/** How long a person may take to approve. Seconds. */
export const DEVICE_CODE_LIFETIME = 600

/** How long a device waits between two polls at first, and how much longer after each that came too early. Seconds. */
export const POLL_INTERVAL = 5

/** How much earlier than its interval says a poll may come: clocks and timers are not that exact. Milliseconds. */
export const POLL_TOLERANCE = 500

const LETTERS = 'BCDFGHJKLMNPQRSTVWXZ'
const LENGTH = 8
const USER_CODE = new RegExp(`^[${LETTERS}]{${LENGTH}}$`)

/** pending → approved or denied, once; what is approved is exchanged for tokens, once. */
export type DeviceAuthorizationStatus = 'pending' | 'approved' | 'denied'

/** One request of one device. */
export interface DeviceAuthorization {
  readonly id: string
  readonly realmId: string
  /** The client’s row id. */
  readonly clientId: string
  /** SHA-256 of the device code. */
  readonly deviceCodeHash: string
  /** A MAC of the user code: from a digest alone, so short a code could be found by trying all of them. */
  readonly userCodeHash: string
  /** The user code, sealed, to be shown beside what it stands for. */
  readonly userCode: string
  readonly scopes: readonly string[]
  /** Identifiers of resources (RFC 8707); empty for the realm itself. */
  readonly resources: readonly string[]
  /** Where it asks from. */
  readonly ip: string | null
  readonly userAgent: string | null
  /** Seconds. */
  readonly pollInterval: number
  readonly status: DeviceAuthorizationStatus
  /** Who was shown it first, who alone may decide about it. */
  readonly userId: string | null
  /** The session that approving it began, and the token family that its tokens will form. */
  readonly sessionId: string | null
  readonly familyId: string | null
  readonly createdAt: number
  readonly expiresAt: number
  readonly consumedAt: number | null
}

/** What a user code is made of: letters without vowels, so that it spells nothing (RFC 8628 §6.1). */
export function makeUserCode(random: { text(length: number, alphabet: string): string }): string {
  return random.text(LENGTH, LETTERS)
}

/** A user code as people read it: in two halves. */
export function shownUserCode(code: string): string {
  return `${code.slice(0, LENGTH / 2)}-${code.slice(LENGTH / 2)}`
}

/** What a person typed as a user code, however they spaced and cased it (RFC 8628 §6.1); undefined where it is none. */
export function readUserCode(typed: string): string | undefined {
  const code = typed.toUpperCase().replace(/[^A-Z]/g, '')
  return USER_CODE.test(code) ? code : undefined
}
