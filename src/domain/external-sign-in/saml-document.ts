// The form that a SAML response has to have before its signatures are looked at: one assertion in its place, and signatures
// that cover the whole of what they stand in.
import { printable } from '#kernel/shown-text.ts'
import { providerFailure } from './provider-failure.ts'
import { allWithin, childOf, childrenOf, parseXml, type XmlElement } from './xml.ts'

export const PROTOCOL = 'urn:oasis:names:tc:SAML:2.0:protocol'
export const ASSERTION = 'urn:oasis:names:tc:SAML:2.0:assertion'
const DSIG = 'http://www.w3.org/2000/09/xmldsig#'

/** How long a response may be in base64, in characters. */
export const RESPONSE_MAX = 131_072

const EXCLUSIVE = 'http://www.w3.org/2001/10/xml-exc-c14n#'
const TRANSFORMS: ReadonlySet<string> = new Set([`${DSIG}enveloped-signature`, EXCLUSIVE])
/** RSA with SHA-2. SHA-1 and shared keys are refused. */
const SIGNATURES: ReadonlySet<string> = new Set([
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512',
])
const DIGESTS: ReadonlySet<string> = new Set([
  'http://www.w3.org/2001/04/xmlenc#sha256',
  'http://www.w3.org/2001/04/xmlenc#sha512',
])

/**
 * Reads a response in base64 (SAML Bindings §3.5.4).
 * @returns the element, of which nothing is verified
 * @throws Failure `identity_provider_failed` for one that is malformed
 */
export async function readResponse(encoded: string): Promise<XmlElement> {
  const base64 = encoded.replace(/\s+/g, '')
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) fail('is not base64')
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(base64, 'base64'))
  } catch {
    return fail('is not UTF-8')
  }
  const response = await parseXml(text)
  if (response.namespace !== PROTOCOL || response.name !== 'Response') fail('is another message')
  return response
}

/** Whether a response answers no request (SAML Profiles §4.1.5). Nothing of it is verified. */
export function isUnsolicited(response: XmlElement): boolean {
  return !response.attributes.has('InResponseTo')
}

/**
 * Refuses a response whose assertion is not exactly where it belongs, or whose signatures are not of the only form that SAML
 * allows (SAML Core §5.4), so that what is verified is what is read.
 * @throws Failure `identity_provider_failed`
 */
export function checkForm(response: XmlElement): void {
  const all = allWithin(response)
  const ids = all.flatMap(({ attributes }) =>
    ['ID', 'Id', 'id', 'xml:id'].flatMap((name) => attributes.get(name) ?? []),
  )
  if (new Set(ids).size !== ids.length) fail('has an ID twice')
  if (all.some(({ name }) => name === 'EncryptedAssertion')) fail('has an encrypted assertion in another place')
  const assertion = childOf(response, ASSERTION, 'Assertion')
  if (!assertion) return fail('has no assertion')
  if (all.filter(({ name }) => name === 'Assertion').length > 1) fail('has several assertions')
  if (all.filter(({ name }) => name === 'Response').length > 1) fail('has a response in it')
  const signed = [response, assertion].flatMap((parent) => {
    const signature = childOf(parent, DSIG, 'Signature')
    return signature ? [{ parent, signature }] : []
  })
  if (all.filter(({ name }) => name === 'Signature').length !== signed.length) fail('has a signature elsewhere')
  for (const { parent, signature } of signed) checkSignature(signature, parent.attributes.get('ID') ?? '')
  if (!signed.some(({ parent }) => parent === assertion)) fail('has an assertion without a signature of its own')
}

function checkSignature(signature: XmlElement, id: string): void {
  const names = signature.children.map(({ name }) => name).join(' ')
  if (!/^SignedInfo SignatureValue( KeyInfo)?$/.test(names)) fail('has more or less in a signature than belongs there')
  const signedInfo = childOf(signature, DSIG, 'SignedInfo')
  const reference = signedInfo && childOf(signedInfo, DSIG, 'Reference')
  if (!signedInfo || !reference || signedInfo.children.length !== 3) return fail('has a signature of another form')
  if (id === '' || reference.attributes.get('URI') !== `#${id}`) fail('has a signature of something else')
  checkAlgorithm(childOf(signedInfo, DSIG, 'CanonicalizationMethod'), new Set([EXCLUSIVE]))
  checkAlgorithm(childOf(signedInfo, DSIG, 'SignatureMethod'), SIGNATURES)
  checkAlgorithm(childOf(reference, DSIG, 'DigestMethod'), DIGESTS)
  const transforms = childrenOf(childOf(reference, DSIG, 'Transforms') ?? reference, DSIG, 'Transform')
  for (const transform of transforms) checkAlgorithm(transform, TRANSFORMS)
  if (transforms.length !== 2) fail('has a signature with other transforms')
}

function checkAlgorithm(method: XmlElement | undefined, allowed: ReadonlySet<string>): void {
  const algorithm = method?.attributes.get('Algorithm') ?? ''
  if (!allowed.has(algorithm)) fail(`is signed with an algorithm that is not allowed: ${printable(algorithm, 100)}`)
}

function fail(problem: string): never {
  throw providerFailure('saml_response', `The response ${problem}.`)
}
