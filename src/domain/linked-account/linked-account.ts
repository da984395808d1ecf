// The fields and views of linked accounts: accounts at identity providers with which users sign in.
import * as z from 'zod'
import { declare, type NounOf } from '#kernel/declaration.ts'
import { constant, managed } from '#kernel/declared-fields.ts'
import { idOf, idOut, time } from '#kernel/field.ts'
import { listQuery } from '#kernel/page.ts'
import { Given } from './given.ts'

/** How many accounts a user can have linked. */
export const LINKED_ACCOUNTS_MAX = 20

/** The fields of a linked account. */
export const LinkedAccountFields = declare({
  id: constant(idOut('linked_account')),
  tenantId: constant(idOut('tenant')),
  userId: constant(idOut('user')),
  providerId: constant(idOut('identity_provider')),
  issuer: constant(z.string().describe('Who issued the subject.')),
  subject: constant(
    z
      .string()
      .describe('What the provider calls the person (`sub`, the `subject_claim` of OAuth 2.0, or the SAML `NameID`).'),
  ),
  label: constant(z.string().nullable().describe('The address or name of the account when it was linked.')),
  given: managed(z.array(Given), { view: null }),
  createdAt: constant(time),
  lastUsedAt: constant(time.nullable()),
})

/** An account at an identity provider. A user is found by its provider, issuer and subject, and by nothing else. */
export type LinkedAccount = NounOf<typeof LinkedAccountFields>

/** The schema of a linked account in admin responses. */
export const LinkedAccountView = z.object(LinkedAccountFields.view)
export type LinkedAccountView = z.output<typeof LinkedAccountView>

export const LinkedAccountQuery = listQuery('created_at').extend({ id: idOf('user') })
export type LinkedAccountQuery = z.output<typeof LinkedAccountQuery>

export const LinkedAccountOfUser = z.strictObject({ id: idOf('user'), linkedAccountId: idOf('linked_account') })
export type LinkedAccountOfUser = z.output<typeof LinkedAccountOfUser>
