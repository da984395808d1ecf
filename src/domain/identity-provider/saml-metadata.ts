// Reads the metadata of SAML providers, when one is saved (SAML Metadata §2.3.2, §2.4.3).
import { Failure } from '#kernel/error.ts'
import type { Context } from '../context.ts'
import { allWithin, childOf, childrenOf, parseXml, type XmlElement } from '../external-sign-in/xml.ts'
import type { GivenSettings } from './identity-provider.ts'

const METADATA = 'urn:oasis:names:tc:SAML:2.0:metadata'
const DSIG = 'http://www.w3.org/2000/09/xmldsig#'
const PROTOCOL = 'urn:oasis:names:tc:SAML:2.0:protocol'
const REDIRECT = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect'
const CERTIFICATES_MAX = 10

/**
 * The settings that metadata says. Its signature is not verified: whoever saves a provider answers for what it says.
 * @param given XML, or the https URL where it is
 * @throws Failure `invalid_input` for metadata that does not describe one provider with HTTP-Redirect and a certificate,
 *   `unreachable_host` where it cannot be fetched
 */
export async function readSamlMetadata(
  context: Pick<Context, 'clock' | 'network' | 'scope'>,
  given: string,
): Promise<Partial<GivenSettings>> {
  const text = /^\s*https?:\/\//.test(given) ? await fetchMetadata(context, given.trim()) : given
  const root = await parsed(text)
  const entities = allWithin(root).filter(
    (one) => one.namespace === METADATA && one.name === 'EntityDescriptor' && roleOf(one) !== undefined,
  )
  const [entity, ...more] = entities
  const role = entity && roleOf(entity)
  if (!entity || !role || more.length > 0) return refuse('does not describe exactly one identity provider of SAML 2.0')
  const until = Date.parse(entity.attributes.get('validUntil') ?? root.attributes.get('validUntil') ?? '')
  if (until <= context.clock.now()) refuse('has expired (validUntil)')
  const certificates = certificatesOf(role)
  if (certificates.length === 0) refuse('has no certificate that verifies signatures')
  const sloUrl = locationOf(role, 'SingleLogoutService')
  return {
    entityId: entity.attributes.get('entityID'),
    ssoUrl: locationOf(role, 'SingleSignOnService') ?? refuse('has no SingleSignOnService by HTTP-Redirect'),
    certificates,
    ...(sloUrl !== undefined && { sloUrl }),
    ...(role.attributes.get('WantAuthnRequestsSigned') === 'true' && { signedRequests: true }),
  }
}

async function fetchMetadata({ network, scope }: Pick<Context, 'network' | 'scope'>, address: string): Promise<string> {
  const headers = { accept: 'application/samlmetadata+xml, application/xml, text/xml' }
  const { status, body } = await network.request(address, { tenantId: scope.tenantId, headers })
  if (status !== 200) throw new Failure('unreachable_host', `The metadata cannot be fetched: the status is ${status}.`)
  return body
}

/** Metadata has comments now and then, and nothing here depends on a signature over them. */
async function parsed(text: string): Promise<XmlElement> {
  try {
    return await parseXml(withoutComments(text))
  } catch (error) {
    if (error instanceof Failure) return refuse('is not plain XML')
    throw error
  }
}

/** A comment without an end stays, and is refused with the rest. Each character is read once. */
function withoutComments(text: string): string {
  let kept = ''
  for (let at = 0; ; ) {
    const start = text.indexOf('<!--', at)
    const end = start < 0 ? -1 : text.indexOf('-->', start + 4)
    if (end < 0) return kept + text.slice(at)
    kept += text.slice(at, start)
    at = end + 3
  }
}

function roleOf(entity: XmlElement): XmlElement | undefined {
  return childrenOf(entity, METADATA, 'IDPSSODescriptor').find(({ attributes }) =>
    (attributes.get('protocolSupportEnumeration') ?? '').split(/\s+/).includes(PROTOCOL),
  )
}

function locationOf(role: XmlElement, service: string): string | undefined {
  return childrenOf(role, METADATA, service)
    .find(({ attributes }) => attributes.get('Binding') === REDIRECT)
    ?.attributes.get('Location')
}

function certificatesOf(role: XmlElement): string[] {
  const keys = childrenOf(role, METADATA, 'KeyDescriptor').filter(
    ({ attributes }) => (attributes.get('use') ?? 'signing') === 'signing',
  )
  const texts = keys.flatMap((key) => {
    const info = childOf(key, DSIG, 'KeyInfo')
    const data = info ? childrenOf(info, DSIG, 'X509Data') : []
    return data.flatMap((one) => childrenOf(one, DSIG, 'X509Certificate').map((certificate) => certificate.text.trim()))
  })
  return [...new Set(texts)].slice(0, CERTIFICATES_MAX)
}

function refuse(problem: string): never {
  const message = `The metadata ${problem}.`
  throw new Failure('invalid_input', { message, flaws: [{ path: 'metadata', message }] })
}
