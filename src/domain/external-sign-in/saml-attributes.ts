// What the attributes of a SAML assertion say, as claims. Products have their own names for the usual ones.
import { emailAddress } from '#kernel/field.ts'
import type { SamlProvider } from './external-provider.ts'
import type { Claims } from './provider-requests.ts'
import { ASSERTION } from './saml-document.ts'
import { childrenOf, type XmlElement } from './xml.ts'

const ATTRIBUTES_MAX = 200
const MICROSOFT = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims'

/** The names of the usual attributes: those of Okta and Keycloak, Microsoft Entra, and LDAP (RFC 4524, RFC 4519, RFC 2798). */
const USUAL: Readonly<Record<string, readonly string[]>> = {
  email: ['email', 'mail', 'emailAddress', `${MICROSOFT}/emailaddress`, 'urn:oid:0.9.2342.19200300.100.1.3'],
  name: [
    ...['name', 'displayName', 'http://schemas.microsoft.com/identity/claims/displayname'],
    ...['urn:oid:2.16.840.1.113730.3.1.241', 'cn', 'urn:oid:2.5.4.3'],
  ],
  given_name: ['given_name', 'givenName', 'firstName', `${MICROSOFT}/givenname`, 'urn:oid:2.5.4.42'],
  family_name: ['family_name', 'sn', 'lastName', 'surname', `${MICROSOFT}/surname`, 'urn:oid:2.5.4.4'],
}

/**
 * The attributes by their names, and the usual ones by the names of claims.
 * @param provider whose attribute mapping may name the attribute of the address
 * @param subject the NameID, and whether it is said to be an address: it is the address where no attribute is
 */
export function claimsOfAttributes(
  statements: readonly XmlElement[],
  { attributeMapping }: Pick<SamlProvider, 'attributeMapping'>,
  subject: { readonly text: string; readonly isAddress: boolean },
): Claims {
  const attributes = statements.flatMap((statement) => childrenOf(statement, ASSERTION, 'Attribute'))
  const told = new Map<string, string | string[]>()
  for (const attribute of attributes.slice(0, ATTRIBUTES_MAX)) {
    const values = childrenOf(attribute, ASSERTION, 'AttributeValue').map(({ text }) => text.trim())
    const [first, ...more] = values
    const name = attribute.attributes.get('Name')
    if (name !== undefined && first !== undefined) told.set(name, more.length === 0 ? first : values)
  }
  const usual: Claims = Object.fromEntries(
    Object.entries(USUAL).flatMap(([claim, names]) => {
      const mapped = claim === 'email' ? attributeMapping.email : undefined
      const value = (mapped === undefined ? names : [mapped])
        .map((name) => told.get(name))
        .find((one) => one !== undefined)
      const single = Array.isArray(value) ? value[0] : value
      return single === undefined ? [] : [[claim, single] as const]
    }),
  )
  const isAddress =
    attributeMapping.email === undefined && subject.isAddress && emailAddress.safeParse(subject.text).success
  // Where another attribute is the address, one that is called email is none.
  const { email: _, ...others } = Object.fromEntries(told)
  return { ...others, ...(isAddress && { email: subject.text }), ...usual }
}
