// Signs and decrypts with private keys that belong to one identity provider, and makes them.
import { constants, createDecipheriv, createPrivateKey, privateDecrypt, sign } from 'node:crypto'
import type { Envelope, KeyWithCertificate } from '#domain/outside.ts'

const RSA = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 3072,
  publicExponent: new Uint8Array([1, 0, 1]),
}
const NONCE_BYTES = 12
const TAG_BYTES = 16
const YEARS = 30

/** The shortest RSA key (RFC 7518 §3.3), in bits. */
const RSA_MIN = 2048

/**
 * Signs a text with a private key in PEM (RFC 7518 §3.3, §3.4).
 * @returns the signature as base64url; undefined if the text is no key for the algorithm in PKCS #8
 */
export function signWithKey(pem: string, text: string, algorithm: 'ES256' | 'RS256' = 'ES256'): string | undefined {
  if (!pem.includes('-----BEGIN PRIVATE KEY-----')) return undefined
  try {
    const key = createPrivateKey(pem)
    const { namedCurve, modulusLength = 0 } = key.asymmetricKeyDetails ?? {}
    if (algorithm === 'RS256') {
      if (key.asymmetricKeyType !== 'rsa' || modulusLength < RSA_MIN) return undefined
      return sign('sha256', Buffer.from(text), key).toString('base64url')
    }
    if (namedCurve !== 'prime256v1') return undefined
    return sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')
  } catch {
    return undefined
  }
}

/**
 * Makes an RSA key and a certificate that is signed by itself. The certificate only carries the key: it ends in thirty years.
 * @param name the common name
 * @param now milliseconds since 1970
 */
export async function makeKeyWithCertificate(name: string, now: number): Promise<KeyWithCertificate> {
  // The library needs it, and does not load it.
  await import('reflect-metadata')
  const { X509CertificateGenerator } = await import('@peculiar/x509')
  const keys = await crypto.subtle.generateKey(RSA, true, ['sign', 'verify'])
  const [notBefore, notAfter] = [new Date(now - 3_600_000), new Date(now)]
  notAfter.setUTCFullYear(notAfter.getUTCFullYear() + YEARS)
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [name] }],
    keys,
    notBefore,
    notAfter,
    signingAlgorithm: RSA,
  })
  const pkcs8 = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  return {
    certificate: certificate.toString('pem'),
    privateKey: `-----BEGIN PRIVATE KEY-----\n${pkcs8.replace(/(.{64})/g, '$1\n').trim()}\n-----END PRIVATE KEY-----\n`,
  }
}

/**
 * Decrypts a text that was encrypted for an RSA key (RSA-OAEP, and AES-GCM for the content). Every failure is the same, so
 * that nobody learns of what is wrong.
 */
export function openEnvelope(
  privateKey: string,
  { digest, encryptedKey, keyBytes, content }: Envelope,
): string | undefined {
  try {
    const padding = constants.RSA_PKCS1_OAEP_PADDING
    const key = privateDecrypt({ key: createPrivateKey(privateKey), padding, oaepHash: digest }, encryptedKey)
    if (key.length !== keyBytes || content.length < NONCE_BYTES + TAG_BYTES) return undefined
    const nonce = content.subarray(0, NONCE_BYTES)
    const decipher = createDecipheriv(`aes-${keyBytes === 16 ? 128 : 256}-gcm`, key, nonce, {
      authTagLength: TAG_BYTES,
    })
    decipher.setAuthTag(content.subarray(-TAG_BYTES))
    const text = Buffer.concat([decipher.update(content.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()])
    return new TextDecoder('utf-8', { fatal: true }).decode(text)
  } catch {
    return undefined
  }
}
