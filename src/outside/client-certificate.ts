// Reads the certificates that clients present in TLS handshakes (RFC 8705), and verifies who issued them.
import { createHash, X509Certificate } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { ClientCertificate } from '#domain/outside.ts'
import { readCertificate } from './certificate.ts'
import { constrainsNames, INTERMEDIATES_MAX, isIssuedBy, isStrong, isValidAt } from './certificate-path.ts'

const AUTHORITIES_KEPT = 500
const authorities = new LRUCache<string, X509Certificate>({ max: AUTHORITIES_KEPT })
const CHAINS_KEPT = 500
/** The certificates that came with one in a handshake. A connection that resumes a session has them no more. */
const chains = new LRUCache<string, readonly X509Certificate[]>({ max: CHAINS_KEPT })

/**
 * The certificate of a client.
 * @param chain the certificates that came with it; what is none is left out
 * @returns undefined where the bytes are not exactly one certificate with a key that can be used
 */
export function readClientCertificate(
  der: Uint8Array,
  chain: readonly Uint8Array[] = [],
): ClientCertificate | undefined {
  const certificate = wholeCertificate(der)
  const others = chain.slice(0, INTERMEDIATES_MAX).flatMap((one) => wholeCertificate(one) ?? [])
  return certificate && clientCertificate(certificate, others)
}

/** The certificate of a client that presented it in a TLS handshake. @param certificate as node:tls read it, with its issuers */
export function certificateOfHandshake(certificate: X509Certificate): ClientCertificate {
  const chain: X509Certificate[] = []
  let { issuerCertificate: next } = certificate
  while (next && chain.length < INTERMEDIATES_MAX) {
    chain.push(next)
    next = next.issuerCertificate
  }
  const { fingerprint256 } = certificate
  if (chain.length > 0) chains.set(fingerprint256, chain)
  return clientCertificate(certificate, chains.get(fingerprint256) ?? [])
}

function wholeCertificate(der: Uint8Array): X509Certificate | undefined {
  try {
    const certificate = new X509Certificate(der)
    // The parser accepts trailing bytes and keys that it cannot use.
    return certificate.raw.equals(der) && certificate.publicKey.type === 'public' ? certificate : undefined
  } catch {
    return undefined
  }
}

function clientCertificate(certificate: X509Certificate, chain: readonly X509Certificate[]): ClientCertificate {
  const { raw, subject, subjectAltName } = certificate
  return {
    thumbprint: createHash('sha256').update(raw).digest('base64url'),
    der: raw.toString('base64'),
    // One RDN in each line, the most general first; RFC 4514 §2.1 has the most specific first.
    subject: (subject ?? '').split('\n').reverse().join(','),
    names: namesIn(subjectAltName ?? ''),
    isStrong: isStrong(certificate),
    isValidAt: (now) => isValidAt(certificate, now),
    isIssuedBy: (pem, now) => isIssuedBy(certificate, chain, authorityOf(pem), now),
  }
}

/**
 * Whether a text in PEM is exactly one certificate, of an authority, which may issue others. One with name constraints is
 * none: nothing here verifies them.
 */
export function isAuthority(pem: string): boolean {
  if (!pem.trimStart().startsWith('-----') || readCertificate(pem) === undefined) return false
  const authority = authorityOf(pem)
  return authority.ca && !constrainsNames(authority)
}

function authorityOf(pem: string): X509Certificate {
  const known = authorities.get(pem)
  if (known) return known
  const authority = new X509Certificate(pem)
  authorities.set(pem, authority)
  return authority
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
