// Tells what an uploaded file is by its content, whatever anybody calls it, and how large its picture is.

/** The extension that a file is served with. */
export type FileFormat = 'png' | 'jpg' | 'webp' | 'svg' | 'woff2'

/** The media types of the formats. */
export const MEDIA_TYPES: Readonly<Record<FileFormat, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  webp: 'image/webp',
  svg: 'image/svg+xml',
  woff2: 'font/woff2',
}

/** The most pixels that a picture has on a side: a browser unpacks all of them. */
const SIDE_MAX = 4096

type Size = readonly [width: number, height: number]

/** The format of a file; undefined for any other one, and for a picture of which the size is not said or too large. */
export function formatOf(bytes: Buffer): FileFormat | undefined {
  if (isFont(bytes)) return 'woff2'
  for (const [format, sizeOf] of Object.entries(SIZES)) {
    const size = sizeOf(bytes)
    if (size) return size.every((side) => side > 0 && side <= SIDE_MAX) ? (format as FileFormat) : undefined
  }
  return isSvg(bytes.toString('utf8', 0, 4096)) ? 'svg' : undefined
}

/** Whether a text begins an SVG image. An XML declaration, comments and white space may stand before it. */
function isSvg(text: string): boolean {
  for (let rest = text.trimStart(); ; ) {
    const end = rest.startsWith('<?xml') ? '>' : '-->'
    if (end !== '>' && !rest.startsWith('<!--')) return /^<svg[\s>]/.test(rest)
    const at = rest.indexOf(end, 4)
    if (at < 0) return false
    rest = rest.slice(at + end.length).trimStart()
  }
}

const SIZES: Readonly<Record<string, (bytes: Buffer) => Size | undefined>> = {
  png: pngSize,
  jpg: jpegSize,
  webp: webpSize,
}

/** The size in the first chunk of a PNG (PNG 3 §11.2.1). */
function pngSize(bytes: Buffer): Size | undefined {
  const begins = bytes.length > 33 && bytes.toString('latin1', 0, 16) === '\x89PNG\r\n\x1a\n\0\0\0\rIHDR'
  return begins ? [bytes.readUInt32BE(16), bytes.readUInt32BE(20)] : undefined
}

/** The size in the frame header of a JPEG (ITU T.81 §B.2.2). */
function jpegSize(bytes: Buffer): Size | undefined {
  if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0xff_d8) return undefined
  let at = 2
  while (at + 9 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1] ?? 0
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)
    if (isFrame) return [bytes.readUInt16BE(at + 7), bytes.readUInt16BE(at + 5)]
    at += 2 + bytes.readUInt16BE(at + 2)
  }
  return [0, 0]
}

/** The size in the first chunk of a WebP (RFC 9649 §2.5 to §2.7). */
function webpSize(bytes: Buffer): Size | undefined {
  if (bytes.length < 30 || !/^RIFF[\s\S]{4}WEBPVP8[ LX]$/.test(bytes.toString('latin1', 0, 16))) return undefined
  const kind = bytes.toString('latin1', 15, 16)
  if (kind === 'X') return [bytes.readUIntLE(24, 3) + 1, bytes.readUIntLE(27, 3) + 1]
  if (kind === ' ') return [bytes.readUInt16LE(26) & 0x3fff, bytes.readUInt16LE(28) & 0x3fff]
  const bits = bytes.readUInt32LE(21)
  return [(bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1]
}

/** Whether a file is a WOFF2 font of the length that it says (WOFF File Format 2.0 §4.1). */
function isFont(bytes: Buffer): boolean {
  if (bytes.length < 48 || bytes.toString('latin1', 0, 4) !== 'wOF2') return false
  const flavor = bytes.readUInt32BE(4)
  const isKnown = flavor === 0x00_01_00_00 || flavor === 0x4f_54_54_4f
  return isKnown && bytes.readUInt32BE(8) === bytes.length && bytes.readUInt16BE(12) > 0
}
