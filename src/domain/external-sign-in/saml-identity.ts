// Finds out who a person is at a SAML provider, from the response that the browser brings (SAML Profiles §4.1.4.2, §4.1.4.3).
import { Failure } from '#kernel/error.ts'
import { emailAddress } from '#kernel/field.ts'
import type { Context } from '../context.ts'
import type { ExternalIdentity } from './external-identity.ts'
import { ownsAddress, type SamlProvider } from './external-provider.ts'
import type { Answered } from './pending-sign-in.ts'
import { providerFailure } from './provider-failure.ts'
import { claimsOfAttributes } from './saml-attributes.ts'
import { ASSERTION, checkForm, PROTOCOL, readResponse } from './saml-document.ts'
import { decryptedResponse, isEncrypted } from './saml-encryption.ts'
import { requestIdOf, samlOf, serviceProviderOf } from './saml-request.ts'
import { childOf, childrenOf, parseXml, type XmlElement } from './xml.ts'

/** The difference of clocks that is accepted, in milliseconds. */
const TOLERANCE = 60_000
const SUCCESS = 'urn:oasis:names:tc:SAML:2.0:status:Success'
const REFUSALS = /:status:(RequestDenied|AuthnFailed)$/
const BEARER = 'urn:oasis:names:tc:SAML:2.0:cm:bearer'
const TRANSIENT = 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient'
const ADDRESS = 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress'
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/

/** What an assertion has to be for. */
interface Expected {
  readonly requestId: string
  readonly acsUrl: string
  readonly entityId: string
  /** Null where the certificates alone say whose a response is. */
  readonly issuer: string | null
  readonly maxAge: number | null
  readonly askedAt: number
  readonly now: number
}

/**
 * The person whom a provider asserts.
 * @param encoded the parameter `SAMLResponse`
 * @throws Failure `identity_provider_failed` where the response is not valid, `access_denied` where the provider or the person
 *   refused
 */
export async function samlIdentityFrom(
  context: Context,
  provider: SamlProvider,
  pending: Answered,
  encoded: string | undefined,
): Promise<ExternalIdentity> {
  const { settings } = provider.protocol
  const expected: Expected = {
    ...serviceProviderOf(context, provider),
    requestId: requestIdOf(pending),
    issuer: settings.entityId,
    maxAge: pending.maxAge,
    askedAt: pending.askedAt,
    now: context.clock.now(),
  }
  const response = await readResponse(encoded ?? '')
  checkResponse(response, expected)
  const assertion = await verifiedAssertion(context, provider, await opened(context, provider, encoded ?? '', response))
  checkAssertion(assertion, expected)
  const { text: subject, format } = subjectOf(assertion)
  const named = { text: subject, isAddress: format === ADDRESS || settings.nameIdFormat === ADDRESS }
  const claims = claimsOfAttributes(childrenOf(assertion, ASSERTION, 'AttributeStatement'), provider, named)
  const read = emailAddress.safeParse(claims.email)
  const email = read.success ? read.data : null
  return {
    issuer: settings.entityId ?? settings.ssoUrl,
    subject,
    email,
    // SAML has no word for it. A provider that speaks for the domain knows its own addresses.
    emailVerified: email !== null && (settings.trustEmail || ownsAddress(provider, email)),
    label: (email ?? subject).slice(0, 254),
    claims,
    authenticatedAt: authenticatedAt(assertion),
  }
}

/** The oldest sign-in of which an assertion speaks. @param assertion that was checked */
function authenticatedAt(assertion: XmlElement): number {
  const statements = childrenOf(assertion, ASSERTION, 'AuthnStatement')
  return Math.min(...statements.map(({ attributes }) => timeOf(attributes.get('AuthnInstant')) ?? 0))
}

function checkResponse(response: XmlElement, { requestId, acsUrl, issuer }: Expected): void {
  const { attributes } = response
  if (attributes.get('Version') !== '2.0') failResponse('has another version')
  if (attributes.get('InResponseTo') !== requestId) failResponse('does not answer the request')
  if ((attributes.get('Destination') ?? acsUrl) !== acsUrl) failResponse('has another destination')
  if (issuer !== null && (childOf(response, ASSERTION, 'Issuer')?.text ?? issuer) !== issuer)
    failResponse('has another issuer')
  const status = childOf(response, PROTOCOL, 'Status')
  const code = status && childOf(status, PROTOCOL, 'StatusCode')
  const [value, detail] = [code, code && childOf(code, PROTOCOL, 'StatusCode')].map((one) =>
    one?.attributes.get('Value'),
  )
  if (value === SUCCESS) return
  if ([value, detail].some((one) => REFUSALS.test(one ?? ''))) {
    const message = 'The person or the provider refused the sign-in.'
    throw new Failure('access_denied', { step: 'saml_response', message })
  }
  const told = /:status:([A-Za-z]{1,60})$/.exec(detail ?? value ?? '')?.[1]
  failResponse(`has the status ${told ?? 'of an error'}`)
}

/** The response in base64, with its assertion decrypted. Where assertions have to be encrypted, another one is refused. */
async function opened(
  context: Context,
  provider: SamlProvider,
  encoded: string,
  response: XmlElement,
): Promise<string> {
  if (!isEncrypted(response)) {
    if (provider.protocol.settings.encryptedAssertions) fail('is not encrypted')
    checkForm(response)
    return encoded
  }
  const plain = decryptedResponse(context, provider, response)
  checkForm(await parseXml(plain))
  return Buffer.from(plain).toString('base64')
}

/** The bytes of the assertion that a certificate of the provider verifies, read anew. */
async function verifiedAssertion(context: Context, provider: SamlProvider, encoded: string): Promise<XmlElement> {
  const saml = await samlOf(context, provider, { id: '_', isNew: false })
  const verified = await saml.validatePostResponseAsync({ SAMLResponse: encoded }).catch((error: unknown) => {
    const isAudience = error instanceof Error && /audience/i.test(error.message)
    return isAudience ? fail('is for another audience') : fail('has no valid signature of the provider')
  })
  const text = verified.profile?.getAssertionXml?.()
  if (text === undefined) return fail('is missing')
  const assertion = await parseXml(text)
  if (assertion.namespace !== ASSERTION || assertion.name !== 'Assertion') fail('is something else')
  return assertion
}

function checkAssertion(assertion: XmlElement, expected: Expected): void {
  const { issuer, now, maxAge, askedAt } = expected
  if (assertion.attributes.get('Version') !== '2.0') fail('has another version')
  if (issuer !== null && childOf(assertion, ASSERTION, 'Issuer')?.text !== issuer) fail('has another issuer')
  checkConditions(childOf(assertion, ASSERTION, 'Conditions'), expected)
  const subject = childOf(assertion, ASSERTION, 'Subject')
  const confirmations = subject ? childrenOf(subject, ASSERTION, 'SubjectConfirmation') : []
  if (!confirmations.some((confirmation) => confirms(confirmation, expected))) {
    fail('is not confirmed for this request, recipient and time')
  }
  const statements = childrenOf(assertion, ASSERTION, 'AuthnStatement')
  if (statements.length === 0) fail('says nothing of a sign-in')
  for (const { attributes } of statements) {
    const [instant, end] = [timeOf(attributes.get('AuthnInstant')), timeOf(attributes.get('SessionNotOnOrAfter'))]
    if (end !== undefined && end + TOLERANCE <= now) fail('is of a session that has ended')
    if (instant === undefined || instant > now + TOLERANCE) fail('does not say when the person signed in')
    if (maxAge !== null && (instant ?? 0) < askedAt - maxAge * 1000 - TOLERANCE) fail('is of a sign-in that is too old')
  }
}

function checkConditions(conditions: XmlElement | undefined, { entityId, now }: Expected): void {
  const [from, end] = ['NotBefore', 'NotOnOrAfter'].map((name) => timeOf(conditions?.attributes.get(name)))
  if (!conditions || (end !== undefined && end + TOLERANCE <= now)) fail('has expired, or has no conditions')
  if (from !== undefined && from - TOLERANCE > now) fail('is not valid yet')
  const restrictions = conditions ? childrenOf(conditions, ASSERTION, 'AudienceRestriction') : []
  const isFor = (one: XmlElement) => childrenOf(one, ASSERTION, 'Audience').some(({ text }) => text === entityId)
  if (restrictions.length === 0 || !restrictions.every(isFor)) fail('is for another audience')
}

function confirms(confirmation: XmlElement, { requestId, acsUrl, now }: Expected): boolean {
  const data = childOf(confirmation, ASSERTION, 'SubjectConfirmationData')
  const end = timeOf(data?.attributes.get('NotOnOrAfter'))
  return (
    confirmation.attributes.get('Method') === BEARER &&
    data?.attributes.get('InResponseTo') === requestId &&
    data.attributes.get('Recipient') === acsUrl &&
    !data.attributes.has('NotBefore') &&
    end !== undefined &&
    end + TOLERANCE > now
  )
}

function subjectOf(assertion: XmlElement): { readonly text: string; readonly format: string | undefined } {
  const subject = childOf(assertion, ASSERTION, 'Subject')
  const nameId = subject && childOf(subject, ASSERTION, 'NameID')
  const text = nameId?.text ?? ''
  const format = nameId?.attributes.get('Format')
  if (format === TRANSIENT) fail('names the person only once (a transient NameID)')
  if (text === '' || text.length > 255 || text !== text.trim() || nameId?.children.length !== 0) fail('has no NameID')
  return { text, format }
}

/** A time in milliseconds; undefined for none. @throws Failure `identity_provider_failed` for something else */
function timeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const time = TIME.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(time) ? fail('has a time that is none') : time
}

function failResponse(problem: string): never {
  throw providerFailure('saml_response', `The response ${problem}.`)
}

function fail(problem: string): never {
  throw providerFailure('assertion', `The assertion ${problem}.`)
}
