// To which authorization servers a client can take identity assertions of people
// (draft-ietf-oauth-identity-assertion-authz-grant §3).
import * as z from 'zod'
import { editable } from '#kernel/declared-fields.ts'

const TARGETS_MAX = 20
const scopeName = z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/, 'a scope is printable ASCII without spaces')

/** One authorization server, and what the assertions for it say at most. */
export const IdentityAssertionTarget = z.strictObject({
  audience: z
    .url({ protocol: /^https?$/ })
    .max(500)
    .refine((text) => !/[?#]/.test(text), 'has a query or a fragment')
    .describe('The issuer identifier of the authorization server; the `aud` of the assertions.'),
  clientId: z
    .string()
    .min(1)
    .max(500)
    .nullable()
    .default(null)
    .describe('The `client_id` of the client there; null for the same as here.'),
  scopes: z
    .array(scopeName)
    .max(100)
    .default([])
    .describe('The scopes that can be asked for; an empty list means any.'),
  resources: z
    .array(z.url({ protocol: /^https?$/ }).max(2000))
    .max(20)
    .default([])
    .describe('The resources that can be asked for; an empty list means any.'),
})
export type IdentityAssertionTarget = Readonly<z.output<typeof IdentityAssertionTarget>>

const IdentityAssertionTargetView = z.object({
  audience: z.string(),
  clientId: z.string().nullable(),
  scopes: z.array(z.string()),
  resources: z.array(z.string()),
})

const targets = z
  .array(IdentityAssertionTarget)
  .max(TARGETS_MAX)
  .refine((all) => new Set(all.map(({ audience }) => audience)).size === all.length, 'an audience is there twice')

/** The field of a client. */
export const IdentityAssertionFields = {
  identityAssertions: editable(
    targets.describe(
      'The authorization servers for which it can exchange ID tokens for identity assertions about people (ID-JAG), which it takes there.',
    ),
    { initial: [], view: z.array(IdentityAssertionTargetView) },
  ),
}

/** What is wrong with them: only a client that authenticates can exchange tokens. */
export function flawsOfIdentityAssertions({
  identityAssertions,
  authMethod,
}: {
  readonly identityAssertions: readonly IdentityAssertionTarget[]
  readonly authMethod: string
}): { path: string; message: string }[] {
  if (identityAssertions.length === 0 || authMethod !== 'none') return []
  return [{ path: 'identityAssertions', message: 'only for a client that authenticates' }]
}
