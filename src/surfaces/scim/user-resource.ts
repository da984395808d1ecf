// Users as SCIM shows them, and back. What the domain has a word for is kept there; the rest is given back as it came, from
// the member `scim` of the user’s attributes.

import type { User } from '#domain/user/user.ts'
import type { GroupOfUser } from '#domain/user/user-match.ts'
import { emailAddress } from '#kernel/field.ts'
import { parseId, renderId } from '#kernel/id.ts'
import { emailKey, usernameKey } from '#kernel/identity-text.ts'
import { ENTERPRISE, ENTERPRISE_SCHEMA, USER, USER_SCHEMA } from './attributes.ts'
import { ScimFailure } from './failure.ts'
import { isObject, type Resource, readAttribute } from './resource.ts'

/** The member of a user’s attributes that holds what only SCIM knows. */
export const KEPT = 'scim'

/** A user as far as SCIM shows one. */
export type DescribedUser = Omit<
  User,
  'directoryId' | 'adminRole' | 'adminPartnerId' | 'passwordSetAt' | 'secondFactors' | 'dueTrigger'
>

/** What the domain knows of a user whom SCIM describes. */
export interface UserFields {
  readonly email: string
  readonly username: string | null
  readonly name: string | null
  readonly givenName: string | null
  readonly familyName: string | null
  readonly title: string | null
  readonly department: string | null
  readonly reportsTo: string | null
  readonly phone: string | null
  readonly employeeId: string | null
  readonly externalId: string | null
  readonly status: User['status']
  readonly attributes: Readonly<Record<string, unknown>>
}

/** A version as a weak ETag (RFC 7644 §3.14). */
export function versionOf({ version }: { readonly version: number }): string {
  return `W/"v${version}"`
}

/** A user as SCIM shows one. @param site where the resources are: `https://…/scim/v2` */
export function userResource(user: DescribedUser, groups: readonly GroupOfUser[] | undefined, site: string): Resource {
  const id = renderId('user', user.id)
  const written = writableUser(user)
  // Who has no name to be called by is called by its parts.
  const called = user.name ?? ([user.givenName, user.familyName].filter(Boolean).join(' ') || undefined)
  const enterprise = written[ENTERPRISE_SCHEMA] as Resource | undefined
  const superior = enterprise?.manager as Resource | undefined
  return {
    schemas: enterprise ? [USER_SCHEMA, ENTERPRISE_SCHEMA] : [USER_SCHEMA],
    id,
    ...written,
    ...(called && { displayName: called, name: { formatted: called, ...(written.name as Resource) } }),
    ...(enterprise &&
      superior &&
      user.reportsTo !== null && {
        [ENTERPRISE_SCHEMA]: {
          ...enterprise,
          manager: { ...superior, $ref: `${site}/Users/${String(superior.value)}` },
        },
      }),
    ...(groups &&
      groups.length > 0 && {
        groups: groups.map((group) => {
          const value = renderId('group', group.id)
          const type = group.isDirect ? 'direct' : 'indirect'
          return { value, $ref: `${site}/Groups/${value}`, display: group.name, type }
        }),
      }),
    meta: {
      resourceType: 'User',
      created: new Date(user.createdAt).toISOString(),
      lastModified: new Date(user.updatedAt).toISOString(),
      location: `${site}/Users/${id}`,
      version: versionOf(user),
    },
  }
}

/** What of a user may be written, as SCIM spells it. */
export function writableUser(user: DescribedUser): Resource {
  const { name: keptName, emails, phoneNumbers, enterprise: keptEnterprise, ...others } = keptOf(user)
  const reportsTo = user.reportsTo === null ? undefined : renderId('user', user.reportsTo)
  const enterprise = present({
    ...keptEnterprise,
    employeeNumber: user.employeeId,
    department: user.department,
    manager: nothing({ ...(keptEnterprise?.manager as Resource | undefined), ...(reportsTo && { value: reportsTo }) }),
  })
  return present({
    ...others,
    externalId: user.externalId,
    userName: user.username ?? user.email,
    name: nothing(present({ ...keptName, givenName: user.givenName, familyName: user.familyName })),
    // A formatted name that was sent alone is the display name, also after a change.
    displayName: keptName?.formatted === user.name ? undefined : user.name,
    title: user.title,
    active: user.status === 'active',
    emails: withChosen(emails, user.email) ?? [{ value: user.email, type: 'work', primary: true }],
    phoneNumbers: withChosen(phoneNumbers, user.phone) ?? workPhones(user.phone),
    [ENTERPRISE_SCHEMA]: nothing(enterprise),
  })
}

function workPhones(value: string | null): Resource[] | undefined {
  return value === null ? undefined : [{ value, type: 'work' }]
}

/**
 * What the domain is to know of a user whom SCIM describes.
 * @param before the user as they are; none for a new one
 * @throws ScimFailure `invalidValue`
 */
export function userFields(resource: Resource, before?: DescribedUser): UserFields {
  const { userName, displayName, name, title, active, externalId, emails, phoneNumbers, ...others } = resource
  const { password: _, [ENTERPRISE_SCHEMA]: extension, ...more } = others
  const { formatted, givenName, familyName, ...nameRest } = (name ?? {}) as Resource
  const { employeeNumber, department, ...enterpriseRest } = (extension ?? {}) as Resource
  if (typeof userName !== 'string') throw new ScimFailure('invalidValue', 'userName: a user needs one.')
  const addresses = (emails ?? []) as Resource[]
  const phones = (phoneNumbers ?? []) as Resource[]
  const email = addressOf(userName, addresses, before)
  const superior = superiorOf((enterpriseRest.manager ?? {}) as Resource)
  const kept = present({
    ...more,
    name: nothing(present({ ...nameRest, ...(formatted !== displayName && { formatted }) })),
    emails: nothing(addresses),
    phoneNumbers: isWorkPhone(phones) ? undefined : nothing(phones),
    enterprise: nothing(
      present({
        ...enterpriseRest,
        manager: nothing(superior.others),
      }),
    ),
  })
  const { [KEPT]: __, ...attributes } = before?.attributes ?? {}
  return {
    email,
    username: usernameKey(userName) === emailKey(email) ? null : userName,
    name: textOf(displayName ?? formatted),
    givenName: textOf(givenName),
    familyName: textOf(familyName),
    title: textOf(title),
    department: textOf(department),
    reportsTo: superior.reportsTo,
    phone: textOf(phones[chosen(phones)]?.value),
    employeeId: textOf(employeeNumber),
    externalId: textOf(externalId),
    status: active === undefined ? (before?.status ?? 'active') : active === false ? 'suspended' : 'active',
    attributes: Object.keys(kept).length > 0 ? { ...attributes, [KEPT]: kept } : attributes,
  }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

// A text that is no id of this server is what other systems call the manager.
function superiorOf({ value, $ref: _, ...rest }: Resource): { reportsTo: string | null; others: Resource } {
  const isOurs = typeof value === 'string' && value.toLowerCase().startsWith('usr_')
  const reportsTo = isOurs ? (parseId('user', value) ?? null) : null
  return { reportsTo, others: present({ ...rest, ...(reportsTo === null && { value }) }) }
}

/** Whether the provisioning client sent the addresses of the user. */
export function hasOwnEmails(user: DescribedUser): boolean {
  return keptOf(user).emails !== undefined
}

// The primary address. If none was sent: the user name if it is an address, otherwise the address that the user has.
function addressOf(userName: string, addresses: readonly Resource[], before: DescribedUser | undefined): string {
  if (addresses.filter(({ primary }) => primary === true).length > 1) {
    throw new ScimFailure('invalidValue', 'emails: at most one is the primary one.')
  }
  const preferred = addresses[chosen(addresses)]?.value
  if (typeof preferred === 'string') return preferred
  if (emailAddress.safeParse(userName).success) return userName
  if (before) return before.email
  throw new ScimFailure('invalidValue', 'emails: a user whose userName is no address needs one.')
}

interface Kept {
  readonly name?: Resource
  readonly emails?: readonly Resource[]
  readonly phoneNumbers?: readonly Resource[]
  readonly enterprise?: Resource
}

// Whoever changes the attributes may have put anything there.
function keptOf({ attributes }: DescribedUser): Kept & Resource {
  const kept = attributes[KEPT]
  if (!isObject(kept)) return {}
  const read: Resource = {}
  for (const attribute of [...USER.attributes, ENTERPRISE]) {
    if (attribute.mutability !== 'readWrite') continue
    try {
      const value = readAttribute(attribute, kept[attribute.name])
      if (value !== undefined) read[attribute.name] = value
    } catch {}
  }
  return read
}

/** Which of several values counts: the primary one, else that for work, else the first. */
function chosen(values: readonly Resource[]): number {
  const primary = values.findIndex((one) => one.primary === true)
  if (primary >= 0) return primary
  const work = values.findIndex(({ type }) => typeof type === 'string' && type.toLowerCase() === 'work')
  return work >= 0 ? work : 0
}

// The domain has the value that counts, and may have changed it.
function withChosen(kept: readonly Resource[] | undefined, value: string | null): Resource[] | undefined {
  if (!kept || kept.length === 0) return undefined
  const at = chosen(kept)
  const values = kept.flatMap((one, index) => (index !== at ? [one] : value === null ? [] : [{ ...one, value }]))
  return values.length > 0 ? values : undefined
}

// That is how a number is shown of which nothing else is known.
function isWorkPhone([first, ...more]: readonly Resource[]): boolean {
  return more.length === 0 && first?.type === 'work' && Object.keys(first).length === 2
}

function present(values: Resource): Resource {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== null))
}

function nothing<Values extends object>(values: Values): Values | undefined {
  return Object.keys(values).length > 0 ? values : undefined
}
