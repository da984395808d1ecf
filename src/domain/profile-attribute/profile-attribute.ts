// The attributes that a realm asks of people: what they are called, what is valid, and who may write them.
import * as z from 'zod'
import { label } from '#kernel/field.ts'
import { LANGUAGE_TAGS, type LanguageTag } from '#language/languages.ts'
import { flawOfPattern } from './value-pattern.ts'

/** How many attributes a realm declares. */
export const ATTRIBUTES_MAX = 16
/** The longest text of an attribute, and of one that is unique. */
const LONGEST = 1000
const LONGEST_UNIQUE = 200

/** The attributes that are fields of a user, by the claims of OpenID Connect, and those of employees. */
export const STANDARD_ATTRIBUTES = {
  name: 'name',
  given_name: 'givenName',
  family_name: 'familyName',
  middle_name: 'middleName',
  nickname: 'nickname',
  preferred_username: 'username',
  phone_number: 'phone',
  birthdate: 'birthdate',
  gender: 'gender',
  locale: 'locale',
  zoneinfo: 'zoneinfo',
  website: 'website',
  picture: 'picture',
  profile: 'profileUrl',
  title: 'title',
  department: 'department',
  employee_id: 'employeeId',
} as const

export type StandardAttribute = keyof typeof STANDARD_ATTRIBUTES
/** The field of a user that holds a standard attribute. */
export type StandardField = (typeof STANDARD_ATTRIBUTES)[StandardAttribute]

/** Names that mean other things of a user, or belong to a surface. */
const RESERVED = new Set([
  ...['id', 'sub', 'email', 'email_verified', 'username', 'phone', 'phone_verified', 'verified_phone'],
  ...['profile_url', 'address', 'status', 'external_id', 'reports_to', 'attributes', 'password', 'admin_role'],
  ...['roles', 'groups', 'permissions', 'scim', 'updated_at', 'created_at'],
])

/** Claims that mean something else (RFC 7519 §4.1, OpenID Connect Core §2 and §5.1), or are made by the server. */
const RESERVED_CLAIMS = new Set([
  ...['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'azp', 'nonce', 'auth_time', 'acr', 'amr', 'sid', 'typ'],
  ...['at_hash', 'c_hash', 's_hash', 'cnf', 'act', 'may_act', 'scope', 'client_id', 'status', 'events', 'sub_jwk'],
  ...['email', 'email_verified', 'phone_number_verified', 'address', 'updated_at', 'groups', 'roles', 'permissions'],
  ...[
    'org_id',
    'org_name',
    'entitlements',
    'authorization_details',
    '_claim_names',
    '_claim_sources',
    'userinfo_claims',
  ],
  ...['name', 'given_name', 'family_name', 'middle_name', 'nickname', 'preferred_username', 'phone_number'],
  ...['birthdate', 'gender', 'locale', 'zoneinfo', 'website', 'picture', 'profile'],
])

/** A text in some of the languages of pages. */
export const LocalizedText = z.strictObject(
  Object.fromEntries(LANGUAGE_TAGS.map((tag) => [tag, label(50).optional()])) as Record<
    LanguageTag,
    z.ZodOptional<z.ZodString>
  >,
)
export type LocalizedText = z.output<typeof LocalizedText>

/** One attribute. */
export const ProfileAttribute = z
  .strictObject({
    name: z
      .string()
      .max(40)
      .regex(/^[a-z][a-z0-9_]*$/, 'lower-case letters, digits and underscores, a letter first')
      .refine((name) => !RESERVED.has(name), 'a reserved name')
      .describe(
        'The name: of an OpenID Connect claim such as given_name, whose field of the user is meant, or of a member of attributes.',
      ),
    type: z.enum(['text', 'integer', 'boolean', 'date']).default('text').describe('What its values are.'),
    label: LocalizedText.default({}).describe(
      'What people read on pages, by language. The default language of the realm stands in for a missing one.',
    ),
    required: z.boolean().default(false).describe('Whether every user has to have it.'),
    unique: z.boolean().default(false).describe('Whether no two users of the directory have the same value.'),
    pattern: z
      .string()
      .min(1)
      .max(200)
      .superRefine((pattern, issue) => {
        const message = flawOfPattern(pattern)
        if (message !== undefined) issue.addIssue({ code: 'custom', message })
      })
      .nullable()
      .default(null)
      .describe(
        'What the whole text must match: characters, classes such as [a-z] and \\d, and counts such as {2,5}. No groups and no alternatives.',
      ),
    options: z
      .array(label(40))
      .max(20)
      .default([])
      .describe('The only texts that are accepted; any where it is empty.'),
    minLength: z.number().int().min(0).max(LONGEST).default(0).describe('The fewest characters of a text.'),
    maxLength: z.number().int().min(1).max(LONGEST).default(200).describe('The most characters of a text.'),
    editableBy: z
      .enum(['administrator', 'person'])
      .default('person')
      .describe('Who writes it: administrators only, or also the person.'),
    atRegistration: z
      .boolean()
      .default(false)
      .describe('Whether the page on which people make an account asks for it. It always asks for required ones.'),
    onAccountPage: z.boolean().default(true).describe('Whether people see it on their account page.'),
    claim: z
      .string()
      .max(100)
      .regex(/^[A-Za-z][A-Za-z0-9_.:/-]*$/, 'not the name of a claim')
      .refine((claim) => !RESERVED_CLAIMS.has(claim), 'a claim that means something else')
      .nullable()
      .default(null)
      .describe('The claim that says it to clients, besides the standard claim of a standard attribute.'),
    scope: z
      .enum(['openid', 'profile', 'email', 'phone', 'address'])
      .default('profile')
      .describe('The scope with which clients get the claim.'),
  })
  .superRefine((attribute, issue) => {
    const flaw = flawOf(attribute)
    if (flaw) issue.addIssue({ code: 'custom', path: [flaw[0]], message: flaw[1] })
  })
export type ProfileAttribute = z.output<typeof ProfileAttribute>

/** The attributes of a realm. */
export const ProfileAttributes = z
  .array(ProfileAttribute)
  .max(ATTRIBUTES_MAX)
  .superRefine((attributes, issue) => {
    for (const member of ['name', 'claim'] as const) {
      const seen = new Set<string>()
      for (const [index, { [member]: value }] of attributes.entries()) {
        if (value === null) continue
        if (seen.has(value)) issue.addIssue({ code: 'custom', path: [index, member], message: 'given twice' })
        seen.add(value)
      }
    }
  })

type Members = Readonly<
  Pick<
    ProfileAttribute,
    | 'name'
    | 'type'
    | 'unique'
    | 'pattern'
    | 'options'
    | 'minLength'
    | 'maxLength'
    | 'editableBy'
    | 'atRegistration'
    | 'onAccountPage'
  >
>

function flawOf(one: Members): [member: string, message: string] | undefined {
  const { name, type, unique, pattern, options, minLength, maxLength, editableBy, atRegistration } = one
  const isText = type === 'text'
  if (!isText && (pattern !== null || options.length > 0)) return ['type', 'only texts have a pattern or options']
  if (fieldOf(name) && !isText && !(name === 'birthdate' && type === 'date')) {
    return ['type', 'a standard attribute is a text, and birthdate also a date']
  }
  if (unique && (type === 'boolean' || type === 'date')) return ['unique', 'only texts and integers can be unique']
  if (unique && isText && maxLength > LONGEST_UNIQUE) {
    return ['maxLength', `at most ${LONGEST_UNIQUE} where values are unique`]
  }
  if (minLength > maxLength) return ['minLength', 'more than max_length']
  if (editableBy === 'administrator' && atRegistration) {
    return ['atRegistration', 'people who make an account cannot write it']
  }
  return undefined
}

/** The field of a user that holds an attribute; undefined for one of the free attributes. */
export function fieldOf(name: string): StandardField | undefined {
  return Object.hasOwn(STANDARD_ATTRIBUTES, name) ? STANDARD_ATTRIBUTES[name as StandardAttribute] : undefined
}

/** The text in a language. @param fallback the language that stands in for a missing one, and a text where none is there */
export function textIn(
  text: LocalizedText,
  language: LanguageTag,
  fallback: { readonly language: LanguageTag; readonly text: string },
): string {
  return text[language] ?? text[fallback.language] ?? Object.values(text).find((one) => one) ?? fallback.text
}

/** What a policy demands to be unique: attributes, and the verified phone numbers with which people sign in. */
export function uniqueNamesOf(policy: {
  readonly profileAttributes: readonly ProfileAttribute[]
  readonly signInIdentifiers: readonly string[]
}): string[] {
  const declared = policy.profileAttributes.filter(({ unique }) => unique).map(({ name }) => name)
  return policy.signInIdentifiers.includes('phone') ? [...declared, 'verified_phone'] : declared
}
