// Converts ids, addresses and hashes between the texts that the program uses and the bytes that rows hold.

const VERSION_7_FLOOR = Buffer.from('000000000000700080000000000000', 'hex')
const IP_BYTES_MIN = 5

/** A UUID as 16 bytes. @throws Error for any other text */
export function idToBytes(id: string): Buffer {
  const bytes = Buffer.allocUnsafe(16)
  const digits = id.slice(0, 8) + id.slice(9, 13) + id.slice(14, 18) + id.slice(19, 23) + id.slice(24)
  if (bytes.write(digits, 'hex') !== 16 || id.length !== 36) throw new Error('An id of a token is not a UUID.')
  return bytes
}

/** {@link idToBytes}, or null for null. */
export function idToBytesOrNull(id: string | null): Buffer | null {
  return id === null ? null : idToBytes(id)
}

/** Whether a text is a UUID, so that it can be the id of a row. */
export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)
}

/** 16 bytes as a UUID in its canonical form. */
export function bytesToId(bytes: Uint8Array): string {
  const digits = asBuffer(bytes).toString('hex')
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-${digits.slice(12, 16)}-${digits.slice(16, 20)}-${digits.slice(20)}`
}

/** {@link bytesToId}, or null for null. */
export function bytesToIdOrNull(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : bytesToId(bytes)
}

/** When an id was made (RFC 9562 §5.7), milliseconds since 1970. */
export function timeOfId(bytes: Uint8Array): number {
  return asBuffer(bytes).readUIntBE(0, 6)
}

/** The least id of a millisecond; ids that are made from then on are not less. */
export function floorIdBytes(milliseconds: number): Buffer {
  const bytes = Buffer.alloc(16)
  bytes.writeUIntBE(Math.min(Math.max(0, Math.floor(milliseconds)), 2 ** 48 - 1), 0, 6)
  VERSION_7_FLOOR.copy(bytes, 6, 6)
  return bytes
}

/** An IP address in few bytes: four for IPv4, otherwise its text. */
export function ipToBytes(ip: string | null): Buffer | null {
  if (ip === null) return null
  const parts = ip.split('.').map(Number)
  if (parts.length === 4 && parts.join('.') === ip && parts.every((part) => part <= 255)) return Buffer.from(parts)
  const text = Buffer.from(ip)
  return Buffer.concat([text, Buffer.alloc(Math.max(0, IP_BYTES_MIN - text.length))])
}

/** The address that {@link ipToBytes} was given. */
export function bytesToIp(bytes: Uint8Array | null): string | null {
  if (bytes === null) return null
  return bytes.length === 4 ? [...bytes].join('.') : asBuffer(bytes).toString().replace(/\0+$/, '')
}

/** A digest as base64url text. */
export function bytesToText(bytes: Uint8Array): string {
  return asBuffer(bytes).toString('base64url')
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}
