// Decrypts the assertions of SAML responses (SAML Core §2.3.4, XML Encryption 1.1).

import type { Context } from '../context.ts'
import { SAML_KEY_PURPOSE } from '../identity-provider/identity-provider.ts'
import type { Envelope } from '../outside.ts'
import type { SamlProvider } from './external-provider.ts'
import { providerFailure } from './provider-failure.ts'
import { ASSERTION, PROTOCOL } from './saml-document.ts'
import { allWithin, childOf, childrenOf, type XmlElement } from './xml.ts'

const XENC = 'http://www.w3.org/2001/04/xmlenc#'
const XENC11 = 'http://www.w3.org/2009/xmlenc11#'
const DSIG = 'http://www.w3.org/2000/09/xmldsig#'

/** AES-GCM and how long its key is. CBC is refused: who can send altered texts learns what is in them by the answers. */
const CONTENTS: Readonly<Record<string, Envelope['keyBytes']>> = {
  [`${XENC11}aes128-gcm`]: 16,
  [`${XENC11}aes256-gcm`]: 32,
}
const DIGESTS: Readonly<Record<string, Envelope['digest']>> = {
  [`${DSIG}sha1`]: 'sha1',
  [`${XENC}sha256`]: 'sha256',
}
const MASKS: Readonly<Record<string, Envelope['digest']>> = {
  [`${XENC11}mgf1sha1`]: 'sha1',
  [`${XENC11}mgf1sha256`]: 'sha256',
}

/** Whether a response has an assertion that is encrypted. */
export function isEncrypted(response: XmlElement): boolean {
  return childrenOf(response, ASSERTION, 'EncryptedAssertion').length > 0
}

/**
 * The response with nothing but the decrypted assertion. Nothing else of a response counts, and the signature of the assertion
 * does not cover where it stands.
 * @returns XML
 * @throws Failure `identity_provider_failed` where it was not encrypted for this server
 */
export function decryptedResponse({ crypto }: Context, provider: SamlProvider, response: XmlElement): string {
  const encrypted = childOf(response, ASSERTION, 'EncryptedAssertion')
  const names = allWithin(response).map(({ name }) => name)
  for (const name of ['EncryptedAssertion', 'EncryptedData', 'EncryptedKey']) {
    if (names.filter((one) => one === name).length !== 1) fail('has more or less encrypted in it than one assertion')
  }
  if (!encrypted || names.includes('Assertion')) return fail('has more than one assertion')
  if (!provider.clientSecret) return fail('has an encrypted assertion, and this server gave no certificate for it')
  const key = crypto.open(SAML_KEY_PURPOSE, provider.clientSecret)
  const assertion = crypto.openEnvelope(key, envelopeOf(encrypted))
  if (assertion === undefined) return fail('has an assertion that cannot be decrypted')
  return `<samlp:Response xmlns:samlp="${PROTOCOL}" ID="_decrypted" Version="2.0">${assertion}</samlp:Response>`
}

function envelopeOf(encrypted: XmlElement): Envelope {
  const data = childOf(encrypted, XENC, 'EncryptedData')
  const key = allWithin(encrypted).find(({ namespace, name }) => namespace === XENC && name === 'EncryptedKey')
  const keyBytes = CONTENTS[methodOf(data)]
  if (!data || !key || keyBytes === undefined) return fail('is encrypted with an algorithm that is not allowed')
  return { digest: digestOf(key), encryptedKey: cipherOf(key), keyBytes, content: cipherOf(data) }
}

/** The digest of OAEP and that of its mask, which have to be the same here. */
function digestOf(key: XmlElement): Envelope['digest'] {
  const method = childOf(key, XENC, 'EncryptionMethod')
  const algorithm = methodOf(key)
  const named = method && childOf(method, DSIG, 'DigestMethod')?.attributes.get('Algorithm')
  const mask = method && childOf(method, XENC11, 'MGF')?.attributes.get('Algorithm')
  const digest = named === undefined ? 'sha1' : DIGESTS[named]
  const masked = algorithm === `${XENC11}rsa-oaep` && mask !== undefined ? MASKS[mask] : 'sha1'
  const isOaep = algorithm === `${XENC}rsa-oaep-mgf1p` || algorithm === `${XENC11}rsa-oaep`
  const hasLabel = method && childOf(method, XENC, 'OAEPparams') !== undefined
  if (!isOaep || digest === undefined || digest !== masked || hasLabel) {
    return fail('is encrypted with an algorithm that is not allowed')
  }
  return digest
}

function methodOf(element: XmlElement | undefined): string {
  const method = element && childOf(element, XENC, 'EncryptionMethod')
  return method?.attributes.get('Algorithm') ?? ''
}

function cipherOf(element: XmlElement): Uint8Array {
  const data = childOf(element, XENC, 'CipherData')
  const text = (data && childOf(data, XENC, 'CipherValue')?.text.replace(/\s+/g, '')) ?? ''
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return fail('has no encrypted text')
  return Buffer.from(text, 'base64')
}

function fail(problem: string): never {
  throw providerFailure('saml_response', `The response ${problem}.`)
}
