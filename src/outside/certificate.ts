// Reads X.509 certificates.
import { X509Certificate } from 'node:crypto'
import type { Certificate } from '#domain/outside.ts'

const PEM = /^\s*-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*$/
const BASE64 = /^[A-Za-z0-9+/]{4,}={0,2}$/

/**
 * Reads one X.509 certificate in PEM (RFC 7468 §5) or in base64 without PEM lines, as in SAML metadata.
 * @returns the certificate in PEM, its fingerprint and its expiry time; undefined if the text is not exactly one certificate
 */
export function readCertificate(text: string): Certificate | undefined {
  const base64 = (PEM.exec(text)?.[1] ?? text).replace(/\s+/g, '')
  if (!BASE64.test(base64)) return undefined
  const bytes = Buffer.from(base64, 'base64')
  try {
    const certificate = new X509Certificate(bytes)
    const expiresAt = certificate.validToDate.getTime()
    // The parser accepts trailing bytes and unusable keys, so both are checked here.
    const whole = certificate.raw.equals(bytes) && certificate.publicKey.type === 'public'
    if (!whole || Number.isNaN(expiresAt)) return undefined
    return { pem: certificate.toString(), fingerprint: certificate.fingerprint256, expiresAt }
  } catch {
    return undefined
  }
}

/** Whether the key of a certificate is RSA. @param pem as `readCertificate` returns it */
export function hasRsaKey(pem: string): boolean {
  return new X509Certificate(pem).publicKey.asymmetricKeyType === 'rsa'
}
