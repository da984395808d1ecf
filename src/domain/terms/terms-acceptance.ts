// The fields and views of what people accepted.
import * as z from 'zod'
import { declare, type NounOf } from '#kernel/declaration.ts'
import { constant } from '#kernel/declared-fields.ts'
import { idOf, idOut, time } from '#kernel/field.ts'
import { listQuery } from '#kernel/page.ts'

/** The fields of an acceptance. */
export const TermsAcceptanceFields = declare({
  id: constant(idOut('terms_acceptance')),
  tenantId: constant(idOut('tenant')),
  realmId: constant(idOut('realm')),
  userId: constant(idOut('user')),
  version: constant(z.string().describe('The version that the user accepted.')),
  acceptedAt: constant(time),
})

/** What a person accepted at a realm. */
export type TermsAcceptance = NounOf<typeof TermsAcceptanceFields>

/** The schema of an acceptance in admin responses. */
export const TermsAcceptanceView = z.object(TermsAcceptanceFields.view)
export type TermsAcceptanceView = z.output<typeof TermsAcceptanceView>

export const TermsAcceptanceQuery = listQuery('created_at').extend({ id: idOf('user') })
export type TermsAcceptanceQuery = z.output<typeof TermsAcceptanceQuery>
