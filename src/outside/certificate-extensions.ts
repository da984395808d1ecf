// Reads the extensions of X.509 certificates that node:crypto does not show (RFC 5280 §4.1).

/** One extension. */
export interface Extension {
  /** The content of its OID in hexadecimal digits: `551d13` is 2.5.29.19. */
  readonly oid: string
  readonly critical: boolean
  readonly value: Buffer
}

interface Element {
  readonly tag: number
  readonly content: Buffer
}

const BOOLEAN = 0x01
const INTEGER = 0x02
const OCTETS = 0x04
/** `extensions [3]` of a TBSCertificate. */
const EXTENSIONS = 0xa3
const BASIC_CONSTRAINTS = '551d13'

/** The extensions of a certificate. @param der one that node:crypto has read, so that its form is right */
export function extensionsOf(der: Buffer): Extension[] {
  const [certificate] = elementsOf(der)
  const [signed] = elementsOf(certificate?.content)
  const wrapped = elementsOf(signed?.content).find(({ tag }) => tag === EXTENSIONS)
  const [list] = elementsOf(wrapped?.content)
  return elementsOf(list?.content).map(({ content }) => {
    const parts = elementsOf(content)
    return {
      oid: parts[0]?.content.toString('hex') ?? '',
      critical: parts.some(({ tag, content: value }) => tag === BOOLEAN && value[0] !== 0),
      value: parts.find(({ tag }) => tag === OCTETS)?.content ?? Buffer.alloc(0),
    }
  })
}

/** How many authorities may follow below one (RFC 5280 §4.2.1.9): `pathLenConstraint`, or Infinity. */
export function pathLengthOf(extensions: readonly Extension[]): number {
  const constraints = extensions.find(({ oid }) => oid === BASIC_CONSTRAINTS)
  const [sequence] = elementsOf(constraints?.value)
  const length = elementsOf(sequence?.content).find(({ tag }) => tag === INTEGER)
  return length ? length.content.readUIntBE(0, Math.min(length.content.length, 6)) : Number.POSITIVE_INFINITY
}

/** The elements of DER, one after another (X.690 §8.1). */
function elementsOf(der: Buffer | undefined): Element[] {
  const elements: Element[] = []
  for (let at = 0; der && at + 2 <= der.length; ) {
    const [tag = 0, first = 0] = der.subarray(at, at + 2)
    const more = first < 128 ? 0 : first - 128
    const length = more === 0 ? first : der.readUIntBE(at + 2, Math.min(more, 6))
    const start = at + 2 + more
    elements.push({ tag, content: der.subarray(start, start + length) })
    at = start + length
  }
  return elements
}
