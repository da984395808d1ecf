// Tells images that browsers show by their first bytes. SVG is none of them: it can have scripts and load more.
import type { Image } from '#domain/outside.ts'

const SIGNATURES: readonly (readonly [type: Image['type'], matches: (bytes: Buffer) => boolean])[] = [
  ['image/png', (bytes) => bytes.subarray(0, 8).equals(Buffer.from('89504e470d0a1a0a', 'hex'))],
  ['image/jpeg', (bytes) => bytes.subarray(0, 3).equals(Buffer.from('ffd8ff', 'hex'))],
  ['image/gif', (bytes) => /^GIF8[79]a/.test(bytes.toString('latin1', 0, 6))],
  ['image/webp', (bytes) => /^RIFF[\s\S]{4}WEBP/.test(bytes.toString('latin1', 0, 12))],
]

/** The media types that are asked for. */
export const IMAGE_TYPES = SIGNATURES.map(([type]) => type)

/**
 * An image as it was sent.
 * @param contentType the header: it must say what the bytes are
 * @throws Error where it is no such image
 */
export function imageOf(contentType: string | undefined, bytes: Buffer): Image {
  const said = (contentType ?? '').split(';')[0]?.trim().toLowerCase()
  const found = SIGNATURES.find(([, matches]) => matches(bytes))
  if (!found || found[0] !== said) throw new Error('a body that is no image')
  return { type: found[0], bytes }
}
