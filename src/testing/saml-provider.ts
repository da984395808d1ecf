// A SAML identity provider of tests: it answers authentication requests with signed responses, and does one thing wrong where
// a test says so.
import { inflateRawSync } from 'node:zlib'
import { SignedXml } from 'xml-crypto'
import { makeCertificate, type TestCertificate } from './certificate-authority.ts'

const [SHA2, DSIG] = ['http://www.w3.org/2001/04/xmldsig-more#rsa-sha256', 'http://www.w3.org/2000/09/xmldsig#']
const EXCLUSIVE = 'http://www.w3.org/2001/10/xml-exc-c14n#'

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
    return after(xml)
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
    const response = `ID="_response" Version="2.0" IssueInstant="${at(0)}" InResponseTo="${inResponseTo}"`
    return `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ${response} Destination="${answer.destination ?? acsUrl}"><saml:Issuer>${issuer}</saml:Issuer><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:${status}"/></samlp:Status><saml:Assertion ID="_assertion" Version="2.0" IssueInstant="${at(0)}"><saml:Issuer>${issuer}</saml:Issuer><saml:Subject><saml:NameID Format="${format}">${nameId}</saml:NameID><saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData InResponseTo="${inResponseTo}" Recipient="${answer.recipient ?? acsUrl}" NotOnOrAfter="${until}"/></saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="${from}" NotOnOrAfter="${until}"><saml:AudienceRestriction><saml:Audience>${answer.audience ?? request.issuer}</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement AuthnInstant="${at(answer.instant ?? -1000)}"><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>${listed.length > 0 ? `<saml:AttributeStatement>${listed.join('')}</saml:AttributeStatement>` : ''}</saml:Assertion></samlp:Response>`
  }
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
