// How clients are known by their certificates (RFC 8705): which name a certificate must have, and where that is possible.
import * as z from 'zod'
import { editable } from '#kernel/declared-fields.ts'
import type { ClientCertificate } from '../outside.ts'
import type { Realm } from '../realm/realm.ts'
import type { Settings } from '../settings.ts'
import { canonicalName } from './distinguished-name.ts'

/** The methods of client authentication by a certificate (RFC 8705 §2.1.1, §2.2.1). */
export const TLS_METHODS = ['tls_client_auth', 'self_signed_tls_client_auth'] as const

const name = (longest: number, shape: RegExp, message: string) => z.string().max(longest).regex(shape, message)

function nameField<Schema extends z.ZodType>(schema: Schema, what: string) {
  const described = schema
    .nullable()
    .describe(`For tls_client_auth: ${what} of its certificate. Exactly one name is set.`)
  return editable(described, { initial: null, view: z.string().nullable() })
}

/** The names of RFC 8705 §2.1.2. */
const NAMES = {
  tlsClientAuthSubjectDn: nameField(
    z
      .string()
      .max(1000)
      .refine((text) => canonicalName(text) !== undefined, 'not a distinguished name (RFC 4514)'),
    'the subject (RFC 4514, the most specific part first)',
  ),
  tlsClientAuthSanDns: nameField(
    name(253, /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/, 'not a host name in lower case'),
    'a dNSName',
  ),
  tlsClientAuthSanUri: nameField(name(1000, /^[a-z][a-z0-9+.-]*:[!-~]+$/, 'not a URI'), 'a uniformResourceIdentifier'),
  tlsClientAuthSanIp: nameField(
    z
      .string()
      .max(45)
      .refine((text) => addressOf(text) !== undefined, 'not an IP address'),
    'an iPAddress',
  ),
  tlsClientAuthSanEmail: nameField(name(254, /^[^\s@]+@[^\s@]+$/, 'not a mail address'), 'an rfc822Name'),
}

/** The fields of a client that are about certificates. */
export const MutualTlsFields = {
  ...NAMES,
  tlsClientCertificateBoundAccessTokens: editable(
    z.boolean().describe('Whether all its tokens are bound to its TLS certificate (RFC 8705, section 3).'),
    { initial: false },
  ),
}

/** The fields with the names. */
export const TLS_NAME_FIELDS = Object.keys(NAMES) as (keyof typeof NAMES)[]
/** All fields; their names in metadata are the same in snake case (RFC 8705 §2.1.2, §3.4). */
export const TLS_FIELDS = Object.keys(MutualTlsFields) as (keyof typeof MutualTlsFields)[]
/** One of {@link TLS_FIELDS}. */
export type TlsField = (typeof TLS_FIELDS)[number]

type Names = Readonly<Record<keyof typeof NAMES, string | null>>

/** Whether a method of client authentication needs a certificate. */
export function isTlsMethod(method: string): boolean {
  return (TLS_METHODS as readonly string[]).includes(method)
}

/** Whether a realm can authenticate clients by a method: certificates arrive, and there is somebody to trust. */
export function isUsableMethod(
  method: string,
  { policy }: Pick<Realm, 'policy'>,
  { mutualTls }: Pick<Settings, 'mutualTls'>,
): boolean {
  if (!isTlsMethod(method)) return true
  return mutualTls !== undefined && (method !== 'tls_client_auth' || policy.clientCertificateAuthorities.length > 0)
}

/** What a method of client authentication lacks at this realm, in sentences. */
export function noticesOfMethod(method: string, realm: Pick<Realm, 'policy'>, settings: Pick<Settings, 'mutualTls'>) {
  if (isUsableMethod(method, realm, settings)) return []
  const lacks =
    settings.mutualTls === undefined
      ? 'no certificate arrives at this server, neither at mtls_address nor from a proxy'
      : 'client_certificate_authorities of the realm is empty'
  return [`The client cannot authenticate by ${method}: ${lacks}.`]
}

/** Whether a certificate has the name of a client. */
export function hasNameOf(client: Names, { subject, names }: ClientCertificate): boolean {
  const [field] = TLS_NAME_FIELDS.filter((one) => client[one] !== null)
  const wanted = field && client[field]
  if (field === undefined || !wanted) return false
  if (field === 'tlsClientAuthSubjectDn') {
    const expected = canonicalName(wanted)
    return expected !== undefined && canonicalName(subject) === expected
  }
  const [kind, common] = ALTERNATIVES[field]
  return names.some((one) => one.kind === kind && common(one.value) === common(wanted))
}

/** The names of a certificate that are compared with a field. */
export function presentedNames(
  field: Exclude<keyof typeof NAMES, 'tlsClientAuthSubjectDn'>,
  { names }: ClientCertificate,
): string[] {
  return names.filter(({ kind }) => kind === ALTERNATIVES[field][0]).map(({ value }) => value)
}

const same = (text: string) => text
const ALTERNATIVES = {
  tlsClientAuthSanDns: ['dns', (text: string) => text.toLowerCase()],
  tlsClientAuthSanUri: ['uri', same],
  tlsClientAuthSanIp: ['ip', addressOf],
  tlsClientAuthSanEmail: ['email', same],
} as const satisfies Record<string, readonly [ClientCertificate['names'][number]['kind'], (text: string) => unknown]>

/** An IP address in its common form (RFC 5952); undefined where the text is none. */
function addressOf(text: string): string | undefined {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(text))
    return text.split('.').every((part) => Number(part) < 256) ? text : undefined
  const url = `http://[${text}]/`
  return text.includes(':') && URL.canParse(url) ? new URL(url).hostname : undefined
}

/** The contradictions between the fields about certificates and the others: the path and a sentence for each. */
export function flawsOfTls(
  client: Names & {
    readonly authMethod: string
    readonly tlsClientCertificateBoundAccessTokens: boolean
    readonly dpopBoundAccessTokens: boolean
  },
): { path: string; message: string }[] {
  const given = TLS_NAME_FIELDS.filter((field) => client[field] !== null)
  const flaws: { path: string; message: string }[] = []
  if (client.authMethod !== 'tls_client_auth') {
    flaws.push(...given.map((path) => ({ path, message: 'only for tls_client_auth' })))
  } else if (given.length !== 1) {
    flaws.push({ path: given[1] ?? 'tlsClientAuthSubjectDn', message: 'tls_client_auth needs exactly one name' })
  }
  if (client.tlsClientCertificateBoundAccessTokens && client.dpopBoundAccessTokens) {
    const message = 'a token is bound to a certificate or to a DPoP key, not to both'
    flaws.push({ path: 'tlsClientCertificateBoundAccessTokens', message })
  }
  return flaws
}
