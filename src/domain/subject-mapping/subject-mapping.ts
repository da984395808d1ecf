// The fields, inputs and views of subject mappings: which user a subject of a trusted issuer is.
import * as z from 'zod'
import { declare, type NounOf } from '#kernel/declaration.ts'
import { constant, fixed } from '#kernel/declared-fields.ts'
import { idOf, idOut, time } from '#kernel/field.ts'
import { listQuery } from '#kernel/page.ts'

/** The fields of a subject mapping. */
export const SubjectMappingFields = declare({
  id: constant(idOut('subject_mapping')),
  tenantId: constant(z.string(), { view: null }),
  realmId: constant(idOut('realm')),
  trustedIssuerId: fixed(idOf('trusted_issuer').describe('The trusted issuer.')),
  subject: fixed(z.string().min(1).max(500).describe('The `sub` of its assertions, compared byte for byte.')),
  userId: fixed(idOf('user').describe('The user who is meant.')),
  createdAt: constant(time),
})

/** The input for a new subject mapping. */
export const NewSubjectMapping = z.strictObject(SubjectMappingFields.creation)
export type NewSubjectMapping = z.output<typeof NewSubjectMapping>

export const SubjectMappingQuery = listQuery('created_at').extend({
  trustedIssuerId: idOf('trusted_issuer').optional().describe('Only mappings of this issuer.'),
})
export type SubjectMappingQuery = z.output<typeof SubjectMappingQuery>

/** Which user a subject of a trusted issuer is. */
export type SubjectMapping = NounOf<typeof SubjectMappingFields>

/** The schema of a subject mapping in admin responses. */
export const SubjectMappingView = z.object(SubjectMappingFields.view)
export type SubjectMappingView = z.output<typeof SubjectMappingView>
