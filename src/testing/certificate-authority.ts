// Makes certificates for tests, each with the names, dates and purposes that the test wants (RFC 5280 §4.1).
import { generateKeyPairSync, type KeyObject, sign, X509Certificate } from 'node:crypto'

const OIDS = {
  CN: '2.5.4.3',
  C: '2.5.4.6',
  O: '2.5.4.10',
  OU: '2.5.4.11',
  emailAddress: '1.2.840.113549.1.9.1',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  extKeyUsage: '2.5.29.37',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  serverAuth: '1.3.6.1.5.5.7.3.1',
} as const

/** An attribute: the type, the value, and the tag of its encoding. UTF8String where there is none. */
type Attribute = readonly [type: 'CN' | 'C' | 'O' | 'OU' | 'emailAddress', value: string, tag?: number]
/** The tag of PrintableString. */
export const PRINTABLE = 0x13

/** What a certificate says. */
export interface CertificateOptions {
  /** RDNs with one attribute each, the most general first. */
  readonly subject?: readonly Attribute[]
  readonly names?: {
    readonly dns?: string
    readonly uri?: string
    readonly ip?: readonly number[]
    readonly email?: string
  }
  readonly purposes?: readonly ('clientAuth' | 'serverAuth')[]
  readonly authority?: boolean
  /** How many authorities may follow below this one (RFC 5280 §4.2.1.9). */
  readonly pathLength?: number
  /** The only domain for which this authority may issue certificates (RFC 5280 §4.2.1.10). */
  readonly permits?: string
  /** The length of its RSA key; without it, the key is of P-256. An authority signs such a certificate. */
  readonly rsaBits?: number
  readonly notBefore?: Date
  readonly notAfter?: Date
  /** Who signs it; itself where there is nobody. */
  readonly issuer?: TestCertificate
}

/** A certificate with its key. */
export interface TestCertificate {
  /** PEM. */
  readonly cert: string
  /** PEM. */
  readonly key: string
  /** What a client presents with it. */
  readonly chain?: readonly Pick<TestCertificate, 'cert'>[]
  readonly der: Buffer
  readonly x509: X509Certificate
  readonly subject: readonly Attribute[]
  readonly privateKey: KeyObject
  /** The public key as a JWK with `x5c` (RFC 7517 §4.7). */
  readonly jwk: Record<string, unknown>
  /** RFC 8705 §3.1. */
  readonly thumbprint: string
}

const DAY = 86_400_000
let serial = 1

/** Makes a certificate with a new key. It is valid from yesterday to tomorrow unless the options say otherwise. */
export function makeCertificate(options: CertificateOptions = {}): TestCertificate {
  const { subject = [['CN', 'a client']], issuer, rsaBits } = options
  const { publicKey, privateKey } =
    rsaBits === undefined
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: rsaBits })
  const { notBefore = new Date(Date.now() - DAY), notAfter = new Date(Date.now() + DAY) } = options
  const algorithm = sequence(oid(OIDS.ecdsaWithSha256))
  const signed = sequence(
    tlv(0xa0, integer(2)),
    integer(++serial),
    algorithm,
    nameOf(issuer?.subject ?? subject),
    sequence(time(notBefore), time(notAfter)),
    nameOf(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    tlv(0xa3, sequence(...extensionsOf(options))),
  )
  const signature = sign('sha256', signed, issuer?.privateKey ?? privateKey)
  const der = sequence(signed, algorithm, tlv(0x03, Buffer.from([0]), signature))
  const x509 = new X509Certificate(der)
  return {
    cert: x509.toString(),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    der,
    x509,
    subject,
    privateKey,
    jwk: { ...publicKey.export({ format: 'jwk' }), x5c: [der.toString('base64')] },
    thumbprint: Buffer.from(x509.fingerprint256.replaceAll(':', ''), 'hex').toString('base64url'),
  }
}

function extensionsOf({ names, purposes, permits, pathLength, authority = false }: CertificateOptions): Buffer[] {
  const constraints = [
    ...(authority ? [tlv(0x01, Buffer.from([255]))] : []),
    ...(pathLength === undefined ? [] : [integer(pathLength)]),
  ]
  const extensions = [sequence(oid(OIDS.basicConstraints), octets(sequence(...constraints)))]
  if (purposes)
    extensions.push(sequence(oid(OIDS.extKeyUsage), octets(sequence(...purposes.map((one) => oid(OIDS[one]))))))
  if (permits !== undefined) {
    const trees = tlv(0xa0, sequence(tlv(0x82, Buffer.from(permits))))
    extensions.push(sequence(oid(OIDS.nameConstraints), octets(sequence(trees))))
  }
  if (names) {
    const { dns, uri, ip, email } = names
    const parts = [
      ...(email === undefined ? [] : [tlv(0x81, Buffer.from(email))]),
      ...(dns === undefined ? [] : [tlv(0x82, Buffer.from(dns))]),
      ...(uri === undefined ? [] : [tlv(0x86, Buffer.from(uri))]),
      ...(ip === undefined ? [] : [tlv(0x87, Buffer.from(ip))]),
    ]
    extensions.push(sequence(oid(OIDS.subjectAltName), octets(sequence(...parts))))
  }
  return extensions
}

function nameOf(attributes: readonly Attribute[]): Buffer {
  const rdns = attributes.map(([type, value, tag = 0x0c]) =>
    tlv(0x31, sequence(oid(OIDS[type]), tlv(tag, Buffer.from(value)))),
  )
  return sequence(...rdns)
}

function time(date: Date): Buffer {
  const text = date.toISOString().replace(/[-:T]|\.\d+/g, '')
  return tlv(0x17, Buffer.from(text.slice(2)))
}

function tlv(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}

const sequence = (...parts: readonly Buffer[]) => tlv(0x30, ...parts)
const octets = (content: Buffer) => tlv(0x04, content)
const integer = (value: number) => tlv(0x02, Buffer.from(value < 128 ? [value] : [0, value >> 8, value & 255]))

function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number)
  const bytes = rest.flatMap((part) => {
    const digits = [part & 127]
    for (let left = part >> 7; left > 0; left >>= 7) digits.unshift((left & 127) | 128)
    return digits
  })
  return tlv(0x06, Buffer.from([first * 40 + second, ...bytes]))
}
