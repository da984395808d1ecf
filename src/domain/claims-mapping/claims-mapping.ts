// Claims that an operator adds to tokens and userinfo by rows, without a script.
import * as z from 'zod'

/** How many rows a client or a resource can have. */
export const MAPPED_CLAIMS_MAX = 20

/** Where the value of a claim comes from. */
export const CLAIM_SOURCES = ['field', 'attribute', 'organization', 'groups', 'roles', 'constant'] as const
export const CLAIM_TYPES = ['any', 'string', 'number', 'boolean', 'list'] as const
export const MAPPED_TOKENS = ['access_token', 'id_token', 'userinfo'] as const
export type MappedToken = (typeof MAPPED_TOKENS)[number]

/** The fields of a user that a row can name. */
export const MAPPED_FIELDS = [
  ...['id', 'email', 'email_verified', 'name', 'given_name', 'family_name', 'username', 'title', 'department'],
  ...['phone', 'phone_verified', 'employee_id', 'locale', 'zoneinfo', 'nickname'],
] as const
const ORGANIZATION_FIELDS: readonly string[] = ['id', 'name', 'slug', 'role']

/** What tokens say by standards, and by this server: a row must not stand for it (RFC 7519, RFC 9068, OpenID Connect Core, RFC 8693). */
const RESERVED: ReadonlySet<string> = new Set([
  ...[
    'iss',
    'sub',
    'aud',
    'exp',
    'nbf',
    'iat',
    'jti',
    'client_id',
    'scope',
    'act',
    'may_act',
    'cnf',
    'status',
    'events',
  ],
  ...['acr', 'amr', 'auth_time', 'azp', 'nonce', 'sid', 'at_hash', 'c_hash', 's_hash', 'sub_id', 'txn', 'toe', 'typ'],
  ...['authorization_details', 'userinfo_claims', 'allowed_tools', 'entitlements', 'token_type', 'active'],
  ...['name', 'given_name', 'family_name', 'middle_name', 'nickname', 'preferred_username', 'profile', 'picture'],
  ...['website', 'gender', 'birthdate', 'zoneinfo', 'locale', 'updated_at', 'email', 'email_verified', 'phone_number'],
  ...['phone_number_verified', 'address', 'groups', 'roles', 'org_roles', 'org_id', 'org_name', 'org_slug'],
  ...['role', 'tid', 'tenant_id', 'partner_id', 'app_scope', 'platform_token', 'permissions'],
])
const CLAIM = /^[A-Za-z][\w.:/-]{0,99}$/

const row = {
  claim: z
    .string()
    .regex(CLAIM, 'up to 100 letters, digits and _ . : / -, with a letter first')
    .refine((name) => !RESERVED.has(name) && !name.startsWith('urn:'), 'reserved: the server itself says it')
    .describe('The name of the claim.'),
  source: z
    .enum(CLAIM_SOURCES)
    .describe(
      'Where the value comes from: a field of the user, an attribute, the organization of the sign-in, the names of the groups or roles of the user, or the value itself (constant).',
    ),
  value: z
    .string()
    .max(500)
    .default('')
    .describe(
      `The name of the field (${MAPPED_FIELDS.join(', ')}), of the attribute, or of the field of the organization (${ORGANIZATION_FIELDS.join(', ')}), or the constant; nothing for groups and roles.`,
    ),
  type: z
    .enum(CLAIM_TYPES)
    .default('any')
    .describe('What the value has to be; a claim of another value is left out. A constant is read as it.'),
}

interface Named {
  readonly claim: string
  readonly source: (typeof CLAIM_SOURCES)[number]
  readonly value: string
  readonly type: (typeof CLAIM_TYPES)[number]
}

/** Says what of a row means nothing. */
function checkRow({ source, value, type }: Named, issue: z.RefinementCtx): void {
  const flaw = (path: string, message: string) => issue.addIssue({ code: 'custom', path: [path], message })
  const isList = source === 'groups' || source === 'roles'
  if (isList && value !== '') flaw('value', 'nothing for groups and roles')
  if (!isList && value === '') flaw('value', 'is required')
  if (source === 'field' && value !== '' && !(MAPPED_FIELDS as readonly string[]).includes(value)) {
    flaw('value', 'not a field')
  }
  if (source === 'organization' && value !== '' && !ORGANIZATION_FIELDS.includes(value)) {
    flaw('value', 'not a field of organizations')
  }
  const isConstant = source === 'constant'
  if (isConstant && type === 'number' && !Number.isFinite(Number(value))) flaw('value', 'not a number')
  if (isConstant && type === 'boolean' && !/^(true|false)$/.test(value)) flaw('value', 'not true or false')
  if (isConstant && type === 'list') flaw('type', 'a constant is no list')
}

const ClientRow = z
  .strictObject({
    ...row,
    token: z.enum(MAPPED_TOKENS).default('access_token').describe('What the claim is in.'),
  })
  .superRefine(checkRow)
const ResourceRow = z.strictObject(row).superRefine(checkRow)

/** A row of a client. */
export type ClientClaim = Readonly<z.output<typeof ClientRow>>
/** A row of a resource: it is about access tokens for it. */
export type ResourceClaim = Readonly<z.output<typeof ResourceRow>>

/** The rows of a client. */
export const clientClaims = z
  .array(ClientRow)
  .max(MAPPED_CLAIMS_MAX)
  .refine(
    (rows) => new Set(rows.map(({ claim, token }) => `${token} ${claim}`)).size === rows.length,
    'a claim is there twice',
  )
  .describe(
    'Claims that tokens for it and its userinfo have besides, each by `claim`, `source`, `value`, `type` and `token`. What the server says by itself stays.',
  )
export const clientClaimsView = z.array(z.object({ ...viewOf(), token: z.enum(MAPPED_TOKENS) }))

/** The rows of a resource. */
export const resourceClaims = z
  .array(ResourceRow)
  .max(MAPPED_CLAIMS_MAX)
  .refine((rows) => new Set(rows.map(({ claim }) => claim)).size === rows.length, 'a claim is there twice')
  .describe('Claims that access tokens for it have besides, each by `claim`, `source`, `value` and `type`.')
export const resourceClaimsView = z.array(z.object(viewOf()))

function viewOf() {
  return { claim: z.string(), source: z.enum(CLAIM_SOURCES), value: z.string(), type: z.enum(CLAIM_TYPES) }
}
