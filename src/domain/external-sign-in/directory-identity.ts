// Finds out who a person is in an LDAP directory, by what the person typed.
import { Failure } from '#kernel/error.ts'
import { emailAddress } from '#kernel/field.ts'
import type { Context } from '../context.ts'
import { sealMeasure } from '../flow/facts.ts'
import { SECRET_PURPOSE } from '../identity-provider/identity-provider.ts'
import type { DirectoryQuery } from '../outside.ts'
import type { ExternalIdentity } from './external-identity.ts'
import { type LdapProvider, ownsAddress } from './external-provider.ts'
import { providerFailure } from './provider-failure.ts'

/** The attributes of LDAP (RFC 4519, RFC 2798) that say what claims of OpenID Connect say. */
const CLAIMS: Readonly<Record<string, readonly string[]>> = {
  name: ['displayName', 'cn'],
  given_name: ['givenName'],
  family_name: ['sn'],
  title: ['title'],
  locale: ['preferredLanguage'],
}
const IDENTIFIER_MAX = 254

/**
 * The person in a directory who matches what was typed and has the password; undefined for nobody.
 * @throws Failure `identity_provider_failed` where the directory does not answer
 */
export async function directoryIdentity(
  context: Context,
  provider: LdapProvider,
  { identifier, password, mayTry }: Pick<DirectoryQuery, 'password' | 'mayTry'> & { readonly identifier: string },
): Promise<ExternalIdentity | undefined> {
  const { crypto, network, scope, clock } = context
  const { attributeMapping, groupMapping, clientSecret, protocol } = provider
  const { ldapUrl: url, userFilter, baseDn, emailAttribute, trustEmail, ...server } = protocol.settings
  if (password === '' || identifier === '' || identifier.length > IDENTIFIER_MAX) return undefined
  const mapped = [...Object.values(attributeMapping), ...groupMapping.map(({ claim }) => claim)]
  const query = {
    ...server,
    url,
    tenantId: scope.tenantId,
    bindPassword: crypto.open(SECRET_PURPOSE, clientSecret ?? ''),
    baseDn,
    filter: userFilter.replaceAll('{identifier}', () => escaped(identifier)),
    attributes: [...new Set([emailAttribute, 'memberOf', ...Object.values(CLAIMS).flat(), ...mapped])],
    password,
    mayTry,
  }
  const entry = await network.directories.ask(query).catch((error: unknown) => {
    if (error instanceof Failure) throw providerFailure('directory', 'The directory did not answer as it has to.')
    throw error
  })
  if (!entry) return undefined
  const { subject, attributes } = entry
  const usual = Object.entries(CLAIMS).flatMap(([claim, names]) => {
    const [value] = names.flatMap((name) => attributes[name] ?? []).slice(0, 1)
    return value === undefined ? [] : [[claim, value] as const]
  })
  const [first] = [attributes[emailAttribute]].flat()
  const read = emailAddress.safeParse(first)
  const email = read.success ? read.data : null
  return {
    // The names of an entry may be given to another one, so the subject is known below its base only.
    issuer: `ldap:${baseDn.toLowerCase()}`,
    subject,
    email,
    emailVerified: email !== null && (trustEmail || ownsAddress(provider, email)),
    label: (email ?? identifier).slice(0, IDENTIFIER_MAX),
    claims: { ...attributes, ...Object.fromEntries(usual), ...(email !== null && { email }) },
    authenticatedAt: clock.now(),
    typed: sealMeasure(context, password),
  }
}

/** A value in a filter (RFC 4515 §3). */
function escaped(value: string): string {
  return value.replace(/[\\*()\0]/g, (sign) => `\\${sign.charCodeAt(0).toString(16).padStart(2, '0')}`)
}
