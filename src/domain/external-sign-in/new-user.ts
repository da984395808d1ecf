// The user that a first sign-in at an identity provider creates.
import type { Context } from '../context.ts'
import { flawOfValue } from '../profile-attribute/attribute-value.ts'
import { declaredFor } from '../profile-attribute/profile-attribute.service.ts'
import { realmOf } from '../realm/realm.service.ts'
import { newUser } from '../user/user.service.ts'
import { NewUser, type User } from '../user/user.ts'
import type { ExternalIdentity } from './external-identity.ts'
import { type ExternalProvider, presetOf } from './external-provider.ts'
import type { Claims } from './provider-requests.ts'

/** The fields of a user that an attribute mapping can fill, and the claims of OpenID Connect that fill them by themselves. */
const FIELDS: Readonly<Record<string, { readonly field: keyof NewUser; readonly claim?: string }>> = {
  name: { field: 'name', claim: 'name' },
  given_name: { field: 'givenName', claim: 'given_name' },
  family_name: { field: 'familyName', claim: 'family_name' },
  middle_name: { field: 'middleName' },
  nickname: { field: 'nickname' },
  picture: { field: 'picture' },
  locale: { field: 'locale', claim: 'locale' },
  zoneinfo: { field: 'zoneinfo', claim: 'zoneinfo' },
  title: { field: 'title' },
  department: { field: 'department' },
  phone: { field: 'phone' },
  employee_id: { field: 'employeeId' },
}
/** What no mapping sets: who the user is, what it may do, and what was verified. */
const NEVER = new Set([
  ...['id', 'sub', 'email', 'email_verified', 'phone_verified', 'username', 'status', 'external_id', 'reports_to'],
  ...['roles', 'groups', 'permissions', 'attributes', 'admin_role', 'password'],
])
const TEXT_MAX = 2000

/**
 * The user of a person at a provider, ready to be inserted. A value that does not fit its field is left out.
 * @param id of the new user
 * @param email the address that the provider tells
 */
export function userOf(
  context: Context,
  provider: ExternalProvider,
  { claims, emailVerified }: ExternalIdentity,
  { id, email }: { readonly id: string; readonly email: string },
): User {
  const standard = Object.entries(FIELDS).flatMap(([name, { claim }]) => (claim === undefined ? [] : [[name, claim]]))
  const mapping: Readonly<Record<string, string>> = {
    ...Object.fromEntries(standard),
    ...presetOf(provider)?.claims,
    ...provider.attributeMapping,
  }
  const fields: Record<string, unknown> = {}
  const attributes: [string, unknown][] = []
  for (const [name, claim] of Object.entries(mapping)) {
    const value = usableValue(claims, claim)
    if (value === undefined || NEVER.has(name)) continue
    const known = Object.hasOwn(FIELDS, name) ? FIELDS[name]?.field : undefined
    const declared = declaredFor(context.scope).find((one) => one.name === name)
    if (declared && flawOfValue(declared, value)) continue
    if (known === undefined) attributes.push([name, value])
    else if (NewUser.shape[known].safeParse(value).success) fields[known] = value
  }
  const parsed = NewUser.safeParse({ ...fields, email, emailVerified, attributes: Object.fromEntries(attributes) })
  const input = parsed.success ? parsed.data : NewUser.parse({ email, emailVerified })
  return { ...newUser(context, realmOf(context.scope).directoryId, input, null), id }
}

/** A text, number, truth value or list of texts among the claims. */
function usableValue(claims: Claims, name: string): unknown {
  const value = Object.hasOwn(claims, name) ? claims[name] : undefined
  if (typeof value === 'string') return value.length <= TEXT_MAX ? value : undefined
  if (typeof value === 'boolean' || Number.isFinite(value)) return value
  const isList = Array.isArray(value) && value.length <= 100
  return isList && value.every((one) => typeof one === 'string' && one.length <= 200) ? value : undefined
}
