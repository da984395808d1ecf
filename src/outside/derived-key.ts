// Derives keys from the master key, and makes MACs with them.
import { createHmac, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto'

/** What a derived key is used for. */
export type KeyUse = 'mac' | 'seal' | 'disguise'

/** Derives the key for a use and a purpose from the master key with HKDF-SHA256 (RFC 5869). */
export function deriveKey(masterKey: KeyObject, use: KeyUse, purpose: string): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync('sha256', masterKey, '', `countersign ${use} ${purpose}`, 32)))
}

/** The key that makes the MACs of one purpose, for a part of the program that must not have the master key. */
export function macKey(masterKey: Uint8Array, purpose: string): KeyObject {
  return deriveKey(createSecretKey(masterKey), 'mac', purpose)
}

/** HMAC-SHA256, base64url. */
export function macWith(key: KeyObject, text: string): string {
  return createHmac('sha256', key).update(text).digest('base64url')
}
