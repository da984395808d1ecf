// The issuers whose JWTs stand for a client, and the subjects that these JWTs must have.
import * as z from 'zod'
import { TrustedIssuerFields } from './trusted-issuer.ts'

/** How many a client has at most. */
const CREDENTIALS_MAX = 20

/** What ends a part of a subject; a prefix ends there, so that `repo:acme/*` never means `repo:acme-evil/x`. */
const ENDS_PART = /[:/]$/

/** A whole subject, or the beginning of subjects: `*` at the end, after `:` or `/`. */
const subject = z
  .string()
  .min(1)
  .max(500)
  .refine(isSubjectRule, 'a * stands only at the end, after a : or / that something stands before')

/** One trusted issuer with a rule for subjects. */
export const FederatedCredential = z.strictObject({
  issuer: TrustedIssuerFields.issuer,
  subject: subject.describe('The `sub` of the JWT. With `*` at the end, after `:` or `/`: the beginning of it.'),
  audience: z
    .string()
    .min(1)
    .max(500)
    .nullable()
    .default(null)
    .describe('The only `aud` of the JWT; null selects the issuer of the realm.'),
  jwksUri: TrustedIssuerFields.jwksUri,
})
export type FederatedCredential = z.output<typeof FederatedCredential>

/** One as admin surfaces show it. */
export const FederatedCredentialView = z.object({
  issuer: z.string(),
  subject: z.string(),
  audience: z.string().nullable(),
  jwksUri: z.string().nullable(),
})

/** The credentials of a client. */
export const federatedCredentials = z.array(FederatedCredential).max(CREDENTIALS_MAX)

/** Whether a rule means a subject. Comparison is byte for byte; `*` stands for one character or more. */
export function meansSubject(rule: string, sub: string): boolean {
  if (!rule.endsWith('*')) return rule === sub
  const beginning = rule.slice(0, -1)
  return sub.length > beginning.length && sub.startsWith(beginning)
}

function isSubjectRule(text: string): boolean {
  const at = text.indexOf('*')
  if (at < 0) return true
  const beginning = text.slice(0, -1)
  return at === text.length - 1 && ENDS_PART.test(beginning) && /[^:/]/.test(beginning)
}
