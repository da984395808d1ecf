// Reads the certificates that clients present in TLS handshakes (RFC 8705), and verifies who issued them.
import { createHash, X509Certificate } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { ClientCertificate } from '#domain/outside.ts'
import { readCertificate } from './certificate.ts'

const CLIENT_AUTHENTICATION = '1.3.6.1.5.5.7.3.2'
const ANY_EXTENDED_KEY_USAGE = '2.5.29.37.0'
const RSA_BITS_MIN = 2048
const BROKEN_HASH = /md[245]|sha-?1(?!\d)/i
/** The OID of name constraints (RFC 5280 §4.2.1.10), 2.5.29.30, in DER. */
const NAME_CONSTRAINTS = Buffer.from('0603551d1e', 'hex')
const AUTHORITIES_KEPT = 500
const authorities = new LRUCache<string, X509Certificate>({ max: AUTHORITIES_KEPT })

/** The certificate of a client. @returns undefined where the bytes are not exactly one certificate with a key that can be used */
export function readClientCertificate(der: Uint8Array): ClientCertificate | undefined {
  try {
    const certificate = new X509Certificate(der)
    // The parser accepts trailing bytes and keys that it cannot use.
    const isWhole = certificate.raw.equals(der) && certificate.publicKey.type === 'public'
    return isWhole ? clientCertificate(certificate) : undefined
  } catch {
    return undefined
  }
}

/** The certificate of a client that node:tls read. */
export function clientCertificate(certificate: X509Certificate): ClientCertificate {
  const { raw, subject, subjectAltName } = certificate
  return {
    thumbprint: createHash('sha256').update(raw).digest('base64url'),
    der: raw.toString('base64'),
    // One RDN in each line, the most general first; RFC 4514 §2.1 has the most specific first.
    subject: (subject ?? '').split('\n').reverse().join(','),
    names: namesIn(subjectAltName ?? ''),
    isStrong: isStrong(certificate),
    isValidAt: (now) => isValidAt(certificate, now),
    isIssuedBy: (pem, now) => isIssuedBy(certificate, pem, now),
  }
}

/**
 * Whether a text in PEM is exactly one certificate, of an authority, which may issue others. One with name constraints is
 * none: nothing here verifies them.
 */
export function isAuthority(pem: string): boolean {
  if (!pem.trimStart().startsWith('-----') || readCertificate(pem) === undefined) return false
  const { ca, raw } = authorityOf(pem)
  return ca && !raw.includes(NAME_CONSTRAINTS)
}

function authorityOf(pem: string): X509Certificate {
  const known = authorities.get(pem)
  if (known) return known
  const authority = new X509Certificate(pem)
  authorities.set(pem, authority)
  return authority
}

function isValidAt({ validFromDate, validToDate }: X509Certificate, now: number): boolean {
  return validFromDate.getTime() <= now && now <= validToDate.getTime()
}

/** RFC 5280 §6.1 for a path of one certificate: names, key usage and constraints of the issuer, signature, dates, purpose. */
function isIssuedBy(certificate: X509Certificate, pem: string, now: number): boolean {
  const authority = authorityOf(pem)
  const { keyUsage: purposes, signatureAlgorithm } = certificate
  return (
    authority.ca &&
    certificate.checkIssued(authority) &&
    isValidAt(authority, now) &&
    (purposes ?? [CLIENT_AUTHENTICATION]).some(
      (purpose) => purpose === CLIENT_AUTHENTICATION || purpose === ANY_EXTENDED_KEY_USAGE,
    ) &&
    !BROKEN_HASH.test(signatureAlgorithm ?? '') &&
    isStrong(certificate) &&
    isStrong(authority) &&
    certificate.verify(authority.publicKey)
  )
}

function isStrong({ publicKey }: X509Certificate): boolean {
  const bits = publicKey.asymmetricKeyDetails?.modulusLength
  return bits === undefined || bits >= RSA_BITS_MIN
}

const KINDS = { DNS: 'dns', URI: 'uri', 'IP Address': 'ip', email: 'email' } as const

/** The subject alternative names as node:crypto writes them: a value with a comma or a quote in it is a JSON string. */
function namesIn(text: string): ClientCertificate['names'] {
  const names = []
  for (const [, kind = '', written = ''] of text.matchAll(/(?:^|, )([\w ]+):("(?:[^"\\]|\\.)*"|[^,"]*)/g)) {
    if (!Object.hasOwn(KINDS, kind)) continue
    const value = written.startsWith('"') ? String(JSON.parse(written)) : written
    names.push({ kind: KINDS[kind as keyof typeof KINDS], value })
  }
  return names
}
