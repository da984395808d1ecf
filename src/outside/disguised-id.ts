// Encrypts ids deterministically: one block of AES-256 is one UUID.
import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto'

// One block under a key of its own purpose: AES is a permutation of all 16-byte values, so that equal texts are equal ids
// and nothing else shows. What ECB reveals, equal blocks within a message, cannot occur.
const ONE_BLOCK = 'aes-256-ecb'
const TEXT = /^[\w-]{21}[AQgw]$/
/** UUIDv7 (RFC 9562 §5.7), as the server makes them. */
const UUID_HEX = /^(.{8})(.{4})(7.{3})([89ab].{3})(.{12})$/

/** The text for an id, base64url. @param id a UUID */
export function disguiseId(key: KeyObject, id: string): string {
  const cipher = createCipheriv(ONE_BLOCK, key, null).setAutoPadding(false)
  return Buffer.concat([cipher.update(id.replaceAll('-', ''), 'hex'), cipher.final()]).toString('base64url')
}

/** The id of a text; undefined if the text is for no id. */
export function revealId(key: KeyObject, text: string): string | undefined {
  if (!TEXT.test(text)) return undefined
  const decipher = createDecipheriv(ONE_BLOCK, key, null).setAutoPadding(false)
  const hex = Buffer.concat([decipher.update(text, 'base64url'), decipher.final()]).toString('hex')
  return UUID_HEX.exec(hex)?.slice(1).join('-')
}
