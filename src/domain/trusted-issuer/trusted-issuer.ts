// The fields, inputs and views of trusted issuers: whose assertions about users a realm accepts, and for what.
import * as z from 'zod'
import { declare, type NounOf } from '#kernel/declaration.ts'
import { constant, editable, fixed, VERSIONED } from '#kernel/declared-fields.ts'
import { idOf, idOut, ifVersion, label } from '#kernel/field.ts'
import { listQuery, offsetQuery } from '#kernel/page.ts'
import { jwks, scopeToken } from '../client/client.ts'
import { TrustedIssuerFields } from '../client/trusted-issuer.ts'
import { TOKEN_LIFETIME_MAX } from '../realm/realm.ts'

/** What an assertion of an issuer can be. */
export const ASSERTION_USES = ['id_jag', 'jwt_bearer', 'token_exchange'] as const
export type AssertionUse = (typeof ASSERTION_USES)[number]

/** How the user of an assertion is found. */
export const SUBJECT_SOURCES = ['mapping', 'verified_email'] as const

/** The policies of one issuer. */
export const POLICIES_MAX = 20
const any = 'an empty list means any'

const allowed = {
  name: label(200).describe('The display name.'),
  clients: z.array(idOf('client')).max(50).default([]).describe(`The clients that may use the assertions; ${any}.`),
  scopes: z.array(scopeToken).max(100).default([]).describe(`The scopes that tokens have at most; ${any}.`),
  resources: z
    .array(z.string().min(1).max(2000))
    .max(20)
    .default([])
    .describe(`The resources that tokens are for, by identifier or slug; ${any}.`),
  enabled: z.boolean().default(true).describe('Whether it allows anything.'),
}
const Policy = z.strictObject({
  id: idOf('issuer_policy').optional().describe('The id of the policy that stays; others get a new one.'),
  ...allowed,
})
/** What the assertions of an issuer allow. */
export type IssuerPolicy = Readonly<z.output<typeof Policy>>
const PolicyView = z.object({
  id: idOut('issuer_policy'),
  name: z.string(),
  clients: z.array(idOut('client')),
  scopes: z.array(z.string()),
  resources: z.array(z.string()),
  enabled: z.boolean(),
})

/** The fields of a trusted issuer. */
export const IssuerTrustFields = declare({
  id: constant(idOut('trusted_issuer')),
  tenantId: constant(z.string(), { view: null }),
  realmId: constant(idOut('realm')),
  name: editable(label(200).describe('The display name.')),
  issuer: fixed(TrustedIssuerFields.issuer),
  jwksUri: editable(TrustedIssuerFields.jwksUri.unwrap(), { initial: null }),
  jwks: editable(jwks.nullable().describe('Its public keys, instead of a URL.'), {
    initial: null,
    view: z.record(z.string(), z.unknown()).nullable(),
  }),
  audience: editable(
    z
      .string()
      .min(1)
      .max(500)
      .nullable()
      .describe('The only `aud` of its assertions; null selects the issuer of the realm.'),
    { initial: null },
  ),
  accepts: editable(
    z
      .array(z.enum(ASSERTION_USES))
      .min(1)
      .max(ASSERTION_USES.length)
      .describe(
        'What its assertions are accepted as: id_jag (identity assertion authorization grants), jwt_bearer (other JWTs of the JWT bearer grant, RFC 7523), token_exchange (subject tokens, RFC 8693).',
      ),
    { initial: ['id_jag'] },
  ),
  subjectSource: editable(
    z
      .enum(SUBJECT_SOURCES)
      .describe(
        'How the user is found: by a stored mapping only, or else by the e-mail address, which the assertion and the user must both have as verified.',
      ),
    { initial: 'mapping' },
  ),
  maxLifetime: editable(
    z
      .number()
      .int()
      .min(10)
      .max(TOKEN_LIFETIME_MAX)
      .describe('Seconds that an assertion is valid at most, from its `iat` to its `exp`.'),
    { initial: 300 },
  ),
  policies: editable(
    z
      .array(Policy)
      .max(POLICIES_MAX)
      .describe('What its assertions allow. Without a policy they allow nothing; each policy allows what it says.'),
    { initial: [], view: z.array(PolicyView) },
  ),
  enabled: editable(z.boolean().describe('Whether its assertions are accepted.'), { initial: true }),
  ...VERSIONED,
})

/** The input for a new trusted issuer. */
export const NewIssuerTrust = z.strictObject(IssuerTrustFields.creation)
export type NewIssuerTrust = z.output<typeof NewIssuerTrust>

/** The input for an update; absent members stay unchanged, lists are replaced. */
export const IssuerTrustPatch = z.strictObject({ id: idOf('trusted_issuer'), ...IssuerTrustFields.patch, ifVersion })
export type IssuerTrustPatch = z.output<typeof IssuerTrustPatch>

export const IssuerTrustQuery = listQuery('created_at')
export type IssuerTrustQuery = z.output<typeof IssuerTrustQuery>

/** An issuer whose assertions about users a realm accepts. */
export type IssuerTrust = NounOf<typeof IssuerTrustFields>

/** The schema of a trusted issuer in admin responses. */
export const IssuerTrustView = z.object(IssuerTrustFields.view)
export type IssuerTrustView = z.output<typeof IssuerTrustView>

const trustedIssuerId = idOf('trusted_issuer').describe('The trusted issuer.')

/** The input for a new policy of a trusted issuer. */
export const NewIssuerPolicy = z.strictObject({ trustedIssuerId, ...allowed })
export type NewIssuerPolicy = z.output<typeof NewIssuerPolicy>

/** The input for an update of a policy; absent members stay unchanged, lists are replaced. */
export const IssuerPolicyPatch = z.strictObject({
  id: idOf('issuer_policy'),
  name: allowed.name.optional(),
  clients: allowed.clients.unwrap().optional(),
  scopes: allowed.scopes.unwrap().optional(),
  resources: allowed.resources.unwrap().optional(),
  enabled: allowed.enabled.unwrap().optional(),
})
export type IssuerPolicyPatch = z.output<typeof IssuerPolicyPatch>

/** The filters of the list of policies, which is read by offset. */
export const IssuerPolicyQuery = offsetQuery.omit({ cursor: true }).extend({
  trustedIssuerId: idOf('trusted_issuer').optional().describe('Only policies of this issuer.'),
})
export type IssuerPolicyQuery = z.output<typeof IssuerPolicyQuery>

/** The schema of a policy in admin responses. */
export const IssuerPolicyView = z.object({ ...PolicyView.shape, trustedIssuerId: idOut('trusted_issuer') })
export type IssuerPolicyView = z.output<typeof IssuerPolicyView>

/** What came of fetching the keys of an issuer. */
export const RefreshedKeys = z.object({
  status: z.enum(['refreshed', 'unreachable']),
  keys: z.number().int().describe('How many keys it has that can be used.'),
  problem: z.string().nullable().describe('Why they could not be fetched.'),
})
export type RefreshedKeys = z.output<typeof RefreshedKeys>
