// Checks the parser of certificates.
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { TEST_CERTIFICATE } from '#testing/certificate.ts'
import { readCertificate } from './certificate.ts'

const { cert, key } = TEST_CERTIFICATE
const { raw, fingerprint256 } = new X509Certificate(cert)
const base64 = raw.toString('base64')

test('a certificate is read in PEM and in base64, whatever its lines, and known by its fingerprint and its end', () => {
  const forms = [
    cert,
    cert.replaceAll('\n', '\r\n'),
    `\n ${cert} \n`,
    base64,
    `${base64.match(/.{1,40}/g)?.join('\n ')}\n`,
  ]
  for (const form of forms) {
    assert.deepEqual(readCertificate(form), {
      pem: cert,
      fingerprint: fingerprint256,
      expiresAt: Date.UTC(2126, 9, 27, 23, 44, 59),
    })
  }
})

test('what is no certificate, or more than one, is none', () => {
  const changed = Buffer.from(raw)
  changed[4] = 0
  const texts = [
    '',
    'nonsense',
    key,
    cert + cert,
    cert + key,
    key + cert,
    `Subject: me\n${cert}`,
    cert.replace('BEGIN CERTIFICATE', 'BEGIN PUBLIC KEY'),
    cert.replace('END CERTIFICATE', 'END PUBLIC KEY'),
    cert.slice(0, -40),
    base64.slice(0, 100),
    base64.replaceAll('+', '-').replaceAll('/', '_'),
    changed.toString('base64'),
    Buffer.concat([raw, Buffer.from('more')]).toString('base64'),
    'A'.repeat(16_384),
    `-----BEGIN CERTIFICATE-----\n${'='.repeat(10_000)}\n-----END CERTIFICATE-----`,
  ]
  for (const text of texts) assert.equal(readCertificate(text), undefined, text.slice(0, 80))
})
