// Checks which paths of certificates are verified, and how often.
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { makeCertificate } from '#testing/certificate-authority.ts'
import { readClientCertificate } from './client-certificate.ts'

const HOUR = 3_600_000

test('the signatures of a path are verified once, and its dates each time', (context) => {
  const verify = context.mock.method(X509Certificate.prototype, 'verify')
  const authority = makeCertificate({ subject: [['CN', 'root']], authority: true })
  const notAfter = new Date(Date.now() + HOUR)
  const between = makeCertificate({ subject: [['CN', 'between']], authority: true, issuer: authority, notAfter })
  const { der } = makeCertificate({ issuer: between })
  for (let time = 0; time < 3; time++) {
    const certificate = readClientCertificate(der, [between.der])
    assert.equal(certificate?.isIssuedBy(authority.cert, Date.now()), true)
    assert.equal(certificate?.isIssuedBy(authority.cert, Date.now() + 2 * HOUR), false)
  }
  assert.equal(verify.mock.callCount(), 2)
  assert.equal(readClientCertificate(der)?.isIssuedBy(authority.cert, Date.now()), false)
})
