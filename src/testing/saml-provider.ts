// A SAML identity provider of tests: it answers authentication requests with signed responses, and does one thing wrong where
// a test says so.
import { type CipherGCM, constants, createCipheriv, publicEncrypt, randomBytes } from 'node:crypto'
import { inflateRawSync } from 'node:zlib'
import { SignedXml } from 'xml-crypto'
import { makeCertificate, type TestCertificate } from './certificate-authority.ts'

const [SHA2, DSIG] = ['http://www.w3.org/2001/04/xmldsig-more#rsa-sha256', 'http://www.w3.org/2000/09/xmldsig#']
const EXCLUSIVE = 'http://www.w3.org/2001/10/xml-exc-c14n#'

const GCM = 'http://www.w3.org/2009/xmlenc11#aes256-gcm'
const OAEP = 'http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p'

/** What a response says, or what is done to it. */
export interface SamlAnswer {
  readonly nameId?: string
  readonly format?: string
  readonly attributes?: Readonly<Record<string, string | readonly string[]>>
  readonly inResponseTo?: string
  readonly destination?: string
  readonly recipient?: string
  readonly audience?: string
  readonly issuer?: string
  /** Milliseconds from now: when the assertion begins and ends to be valid, and when the person signed in. */
  readonly from?: number
  readonly until?: number
  readonly instant?: number
  readonly status?: string
  readonly relayState?: string
  readonly key?: string
  readonly algorithm?: string
  readonly digest?: string
  /** What is signed. */
  readonly signs?: 'assertion' | 'response' | 'both' | 'none'
  /** Whether it answers no request. */
  readonly unsolicited?: boolean
  /** For which certificate, in PEM, the assertion is encrypted, and by which algorithms. */
  readonly encryptFor?: string
  readonly content?: string
  readonly transport?: string
  /** Changes the response before it is signed. */
  readonly before?: (xml: string) => string
  /** Changes the response after it was signed. */
  readonly after?: (xml: string) => string
}

/** The form that the page of a provider posts. */
export interface PostedResponse {
  readonly acsUrl: string
  readonly form: { readonly SAMLResponse: string; readonly RelayState: string }
}

/** An authentication request, read from its URL. */
export interface SamlRequest {
  readonly xml: string
  readonly id: string
  readonly acsUrl: string
  readonly issuer: string
  readonly relayState: string
}

/** A provider. Nothing listens: a test hands over the requests. */
export class SamlTestProvider {
  readonly entityId = 'https://idp.acme.test/saml'
  readonly ssoUrl: string
  readonly certificate: TestCertificate = makeSigner()

  constructor(ssoUrl = 'https://idp.acme.test/sso?tenant=acme') {
    this.ssoUrl = ssoUrl
  }

  /** The answer to a request. */
  answer(url: URL, answer: SamlAnswer = {}): PostedResponse {
    const request = readRequest(url)
    const xml = this.response(request, answer)
    const RelayState = answer.relayState ?? request.relayState
    return { acsUrl: request.acsUrl, form: { SAMLResponse: Buffer.from(xml).toString('base64'), RelayState } }
  }

  /** The response as XML. */
  response(request: SamlRequest, answer: SamlAnswer = {}): string {
    const { signs = 'assertion', before = same, after = same } = answer
    let xml = before(this.#unsigned(request, answer))
    if (signs === 'assertion' || signs === 'both') xml = this.sign(xml, 'Assertion', answer)
    if (signs === 'response' || signs === 'both') xml = this.sign(xml, 'Response', answer)
    return after(answer.encryptFor === undefined ? xml : encrypted(xml, answer.encryptFor, answer))
  }

  /** Its metadata (SAML Metadata §2.4.3). */
  metadata(): string {
    const certificate = this.certificate.cert.replace(/-----[A-Z ]+-----|\s/g, '')
    return `<?xml version="1.0"?><!-- of Acme --><md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="${this.entityId}"><md:IDPSSODescriptor WantAuthnRequestsSigned="true" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>${certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor><md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp.acme.test/post"/><md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="${this.ssoUrl}"/></md:IDPSSODescriptor></md:EntityDescriptor>`
  }

  /** Signs an element after its issuer. */
  sign(xml: string, name: string, { key = this.certificate.key, algorithm = SHA2, digest }: SamlAnswer): string {
    const signer = new SignedXml({ privateKey: key, publicCert: this.certificate.cert })
    signer.signatureAlgorithm = algorithm
    signer.canonicalizationAlgorithm = EXCLUSIVE
    const xpath = `//*[local-name(.)='${name}']`
    const transforms = [`${DSIG}enveloped-signature`, EXCLUSIVE]
    signer.addReference({ xpath, transforms, digestAlgorithm: digest ?? 'http://www.w3.org/2001/04/xmlenc#sha256' })
    const location = { reference: `${xpath}/*[local-name(.)='Issuer']`, action: 'after' } as const
    signer.computeSignature(xml, { prefix: 'ds', location })
    return signer.getSignedXml()
  }

  #unsigned(request: SamlRequest, answer: SamlAnswer): string {
    const { id, acsUrl } = request
    const { nameId = 'ada', inResponseTo = id, issuer = this.entityId, attributes = {}, status = 'Success' } = answer
    const format = answer.format ?? 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent'
    const at = (offset: number) => new Date(Date.now() + offset).toISOString()
    const [from, until] = [at(answer.from ?? -5000), at(answer.until ?? 300_000)]
    const listed = Object.entries(attributes).map(([name, values]) => {
      const each = [values].flat().map((value) => `<saml:AttributeValue>${value}</saml:AttributeValue>`)
      return `<saml:Attribute Name="${name}">${each.join('')}</saml:Attribute>`
    })
    const answers = answer.unsolicited ? '' : ` InResponseTo="${inResponseTo}"`
    const response = `ID="_response" Version="2.0" IssueInstant="${at(0)}"${answers}`
    return `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ${response} Destination="${answer.destination ?? acsUrl}"><saml:Issuer>${issuer}</saml:Issuer><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:${status}"/></samlp:Status><saml:Assertion ID="_assertion" Version="2.0" IssueInstant="${at(0)}"><saml:Issuer>${issuer}</saml:Issuer><saml:Subject><saml:NameID Format="${format}">${nameId}</saml:NameID><saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData${answers} Recipient="${answer.recipient ?? acsUrl}" NotOnOrAfter="${until}"/></saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="${from}" NotOnOrAfter="${until}"><saml:AudienceRestriction><saml:Audience>${answer.audience ?? request.issuer}</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement AuthnInstant="${at(answer.instant ?? -1000)}"><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>${listed.length > 0 ? `<saml:AttributeStatement>${listed.join('')}</saml:AttributeStatement>` : ''}</saml:Assertion></samlp:Response>`
  }
}

/** Puts the assertion into an encrypted one (XML Encryption §5.2, §5.5). */
function encrypted(xml: string, certificate: string, { content = GCM, transport = OAEP }: SamlAnswer): string {
  const [assertion = ''] = /<saml:Assertion .*<\/saml:Assertion>/s.exec(xml) ?? []
  // As it stands alone, it has to name its namespace.
  const alone = assertion.replace(
    '<saml:Assertion ',
    '<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ',
  )
  const [key, isGcm] = [randomBytes(32), content === GCM]
  const nonce = randomBytes(isGcm ? 12 : 16)
  const cipher = createCipheriv(isGcm ? 'aes-256-gcm' : 'aes-256-cbc', key, nonce)
  const tag = () => (isGcm ? (cipher as CipherGCM).getAuthTag() : Buffer.alloc(0))
  const text = Buffer.concat([nonce, cipher.update(alone), cipher.final(), tag()]).toString('base64')
  const padding = transport === OAEP ? constants.RSA_PKCS1_OAEP_PADDING : constants.RSA_PKCS1_PADDING
  const sent = publicEncrypt({ key: certificate, padding, oaepHash: 'sha1' }, key).toString('base64')
  const keyInfo = `<ds:KeyInfo xmlns:ds="${DSIG}"><xenc:EncryptedKey><xenc:EncryptionMethod Algorithm="${transport}"/><xenc:CipherData><xenc:CipherValue>${sent}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedKey></ds:KeyInfo>`
  const data = `<xenc:EncryptedData xmlns:xenc="http://www.w3.org/2001/04/xmlenc#"><xenc:EncryptionMethod Algorithm="${content}"/>${keyInfo}<xenc:CipherData><xenc:CipherValue>${text}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData>`
  return xml.replace(assertion, `<saml:EncryptedAssertion>${data}</saml:EncryptedAssertion>`)
}

/** A certificate with an RSA key. */
export function makeSigner(): TestCertificate {
  return makeCertificate({ subject: [['CN', 'idp.acme.test']], rsaBits: 2048, issuer: makeCertificate() })
}

/** Reads an authentication request (SAML Bindings §3.4.4.1). */
export function readRequest(url: URL): SamlRequest {
  const xml = inflateRawSync(Buffer.from(url.searchParams.get('SAMLRequest') ?? '', 'base64')).toString()
  const attribute = (name: string) => new RegExp(` ${name}="([^"]*)"`).exec(xml)?.[1] ?? ''
  return {
    xml,
    id: attribute('ID'),
    acsUrl: attribute('AssertionConsumerServiceURL'),
    issuer: />([^<]*)<\/saml:Issuer>/.exec(xml)?.[1] ?? '',
    relayState: url.searchParams.get('RelayState') ?? '',
  }
}

function same(xml: string): string {
  return xml
}
