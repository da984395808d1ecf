// Computes and verifies time-based one-time passwords (RFC 6238).
import { Secret, TOTP } from 'otpauth'

/** The alphabet of keys (RFC 4648 §6). */
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
/** 160 bits, the length of the HMAC (RFC 4226 §4). */
const KEY_CHARACTERS = 32
/** Seconds of a time step, and digits of a code: what every authenticator app has. */
const PERIOD = 30
const DIGITS = 6
/** How many time steps a clock may be off, either way (RFC 6238 §5.2). */
const WINDOW = 1

/** A new key, in base32. */
export function newTotpKey({ text }: { readonly text: (length: number, alphabet: string) => string }): string {
  return text(KEY_CHARACTERS, BASE32)
}

/**
 * The time step whose code was given; undefined if the code is not of the current step or one next to it.
 * @param key base32
 * @param code as it was typed
 * @param now milliseconds since 1970
 */
export function stepOfCode(key: string, code: string, now: number): number | undefined {
  const token = code.replace(/\s/g, '')
  if (!/^\d{6}$/.test(token)) return undefined
  const delta = totpOf(key).validate({ token, timestamp: now, window: WINDOW })
  return delta === null ? undefined : Math.floor(now / 1000 / PERIOD) + delta
}

/**
 * The address that an app reads from a QR code. It holds the key, so it is only ever drawn.
 * @param issuer the name of the realm
 * @param account the address of the user
 */
export function totpUri(key: string, issuer: string, account: string): string {
  const label = (text: string) => text.replaceAll(':', ' ')
  return new TOTP({
    ...ALGORITHM,
    issuer: label(issuer),
    label: label(account),
    secret: Secret.fromBase32(key),
  }).toString()
}

const ALGORITHM = { algorithm: 'SHA1', digits: DIGITS, period: PERIOD } as const

function totpOf(key: string): TOTP {
  return new TOTP({ ...ALGORITHM, secret: Secret.fromBase32(key) })
}
