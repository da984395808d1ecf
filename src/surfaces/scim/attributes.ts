// The attributes of users and groups (RFC 7643 §4, §8.7): what they are called, what is in them, who may change them.

import { MEMBERS_CHANGED_MAX } from '#domain/group/group-change.service.ts'

export const USER_SCHEMA = 'urn:ietf:params:scim:schemas:core:2.0:User'
export const GROUP_SCHEMA = 'urn:ietf:params:scim:schemas:core:2.0:Group'
export const ENTERPRISE_SCHEMA = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'

/** One attribute, or one part of it. */
export interface Attribute {
  readonly name: string
  readonly type: 'string' | 'boolean' | 'reference' | 'binary' | 'complex'
  readonly description: string
  readonly multiValued: boolean
  readonly required: boolean
  readonly caseExact: boolean
  readonly mutability: 'readWrite' | 'readOnly' | 'writeOnly' | 'immutable'
  readonly returned: 'always' | 'default' | 'never'
  readonly uniqueness: 'none' | 'server'
  readonly canonicalValues?: readonly string[]
  readonly referenceTypes?: readonly string[]
  readonly subAttributes?: readonly Attribute[]
  /** How many values it has at most. */
  readonly valuesMax?: number
}

/** A kind of resource: its own schema’s attributes and those of its extensions. */
export interface ResourceKind {
  readonly name: 'User' | 'Group'
  readonly endpoint: '/Users' | '/Groups'
  readonly description: string
  readonly schema: string
  readonly attributes: readonly Attribute[]
  readonly extensions: Readonly<Record<string, readonly Attribute[]>>
}

function text(name: string, description: string, more: Partial<Attribute> = {}): Attribute {
  return {
    name,
    type: 'string',
    description,
    multiValued: false,
    required: false,
    caseExact: false,
    mutability: 'readWrite',
    returned: 'default',
    uniqueness: 'none',
    ...more,
  }
}

function complex(
  name: string,
  description: string,
  subAttributes: readonly Attribute[],
  more: Partial<Attribute> = {},
) {
  return text(name, description, { type: 'complex', subAttributes, ...more })
}

/** Values with a kind each, one of which may be the primary one (RFC 7643 §2.4). */
function several(
  name: string,
  description: string,
  kinds: readonly string[],
  value: Partial<Attribute> = {},
): Attribute {
  return complex(
    name,
    description,
    [
      text('value', 'The value.', value),
      text('display', 'What people call the value.'),
      text('type', 'What the value is for.', kinds.length > 0 ? { canonicalValues: kinds } : {}),
      text('primary', 'Whether it is the one that counts; of one value at most.', { type: 'boolean' }),
    ],
    { multiValued: true },
  )
}

const READ_ONLY = { mutability: 'readOnly' } as const
const URI = { type: 'reference', referenceTypes: ['external'], caseExact: true } as const

/** What every resource has besides its schema’s attributes, and every schema leaves out (RFC 7643 §3.1). */
export const EXTERNAL_ID = text('externalId', 'What whoever provisions calls it.', { caseExact: true })

/** The enterprise extension, as if it were one attribute. */
export const ENTERPRISE: Attribute = complex('enterprise', 'What a user is to an enterprise.', [
  text('employeeNumber', 'The number of the employee.'),
  text('costCenter', 'The cost center.'),
  text('organization', 'The organization.'),
  text('division', 'The division.'),
  text('department', 'The department.'),
  complex('manager', 'Whom the user reports to.', [
    text('value', 'The id of that user.', { caseExact: true }),
    text('$ref', 'Where that user is.', { type: 'reference', referenceTypes: ['User'], caseExact: true }),
    text('displayName', 'What people call that user.'),
  ]),
])

export const USER: ResourceKind = {
  name: 'User',
  endpoint: '/Users',
  description: 'A person in the directory.',
  schema: USER_SCHEMA,
  attributes: [
    text('userName', 'What identifies the user, unique whatever its case: an address, or another name.', {
      required: true,
      uniqueness: 'server',
    }),
    complex('name', 'The parts of the name.', [
      text('formatted', 'The whole name.'),
      text('familyName', 'The family name.'),
      text('givenName', 'The given name.'),
      text('middleName', 'The middle name.'),
      text('honorificPrefix', 'What stands before the name.'),
      text('honorificSuffix', 'What stands behind the name.'),
    ]),
    text('displayName', 'The display name of the user.'),
    text('nickName', 'What friends call the user.'),
    text('profileUrl', 'Where the user is described.', URI),
    text('title', 'The job title.'),
    text('userType', 'What the user is to the organization.'),
    text('preferredLanguage', 'The language to speak to the user in.'),
    text('locale', 'The locale of dates, numbers and the like.'),
    text('timezone', 'The time zone, as the IANA calls it.'),
    text('active', 'Whether the user may sign in. Sessions and tokens end where it becomes false.', {
      type: 'boolean',
    }),
    text('password', 'A new password, never shown.', { mutability: 'writeOnly', returned: 'never', caseExact: true }),
    several('emails', 'The addresses. The primary one is where mail goes, and is unique.', ['work', 'home', 'other']),
    several('phoneNumbers', 'The telephone numbers.', ['work', 'home', 'mobile', 'fax', 'pager', 'other']),
    several('ims', 'Addresses for instant messages.', []),
    several('photos', 'Where pictures are.', ['photo', 'thumbnail'], URI),
    complex(
      'addresses',
      'Where the user lives or works.',
      [
        text('formatted', 'The whole address.'),
        text('streetAddress', 'The street and the number.'),
        text('locality', 'The town.'),
        text('region', 'The region.'),
        text('postalCode', 'The postal code.'),
        text('country', 'The country.'),
        text('type', 'What the address is for.', { canonicalValues: ['work', 'home', 'other'] }),
        text('primary', 'Whether it is the one that counts.', { type: 'boolean' }),
      ],
      { multiValued: true },
    ),
    complex(
      'groups',
      'The groups that the user belongs to. Membership is changed at the groups.',
      [
        text('value', 'The group’s id.', READ_ONLY),
        text('$ref', 'Where the group is.', {
          type: 'reference',
          referenceTypes: ['Group'],
          caseExact: true,
          ...READ_ONLY,
        }),
        text('display', 'What people call the group.', READ_ONLY),
        text('type', 'Whether by the user’s own membership.', {
          canonicalValues: ['direct', 'indirect'],
          ...READ_ONLY,
        }),
      ],
      { multiValued: true, ...READ_ONLY },
    ),
    several('entitlements', 'What the user is entitled to, as whoever provisions means it.', []),
    several('roles', 'The user’s roles, as whoever provisions means them. They allow nothing here.', []),
    several('x509Certificates', 'Certificates, as DER in base64.', [], { type: 'binary', caseExact: true }),
  ],
  extensions: {
    [ENTERPRISE_SCHEMA]: ENTERPRISE.subAttributes ?? [],
  },
}

export const GROUP: ResourceKind = {
  name: 'Group',
  endpoint: '/Groups',
  description: 'Users and groups that are treated alike.',
  schema: GROUP_SCHEMA,
  attributes: [
    text('displayName', 'The name, unique whatever its case.', { required: true, uniqueness: 'server' }),
    complex(
      'members',
      'Who is directly in the group.',
      [
        text('value', 'The id of a user or a group.', { mutability: 'immutable', caseExact: true }),
        text('$ref', 'Where it is.', {
          type: 'reference',
          referenceTypes: ['User', 'Group'],
          mutability: 'immutable',
          caseExact: true,
        }),
        text('type', 'Which of both it is.', { canonicalValues: ['User', 'Group'], mutability: 'immutable' }),
        text('display', 'The display name.', READ_ONLY),
      ],
      { multiValued: true, valuesMax: MEMBERS_CHANGED_MAX },
    ),
  ],
  extensions: {},
}

/** An attribute by its name, in whatever case (RFC 7643 §2.1). */
export function named(attributes: readonly Attribute[], name: string): Attribute | undefined {
  const wanted = name.toLowerCase()
  return attributes.find((attribute) => attribute.name.toLowerCase() === wanted)
}

/** The attributes that a schema of a kind of resource has, by its URN in whatever case. */
export function schemaOf(
  kind: ResourceKind,
  uri: string,
): { urn: string; attributes: readonly Attribute[] } | undefined {
  const wanted = uri.toLowerCase()
  if (wanted === kind.schema.toLowerCase()) return { urn: kind.schema, attributes: coreOf(kind) }
  const extension = Object.entries(kind.extensions).find(([urn]) => urn.toLowerCase() === wanted)
  return extension && { urn: extension[0], attributes: extension[1] }
}

/** The attributes that stand at the top of a resource. */
export function coreOf(kind: ResourceKind): readonly Attribute[] {
  return [EXTERNAL_ID, ...kind.attributes]
}
