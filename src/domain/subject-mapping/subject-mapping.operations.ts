// The operations on subject mappings.
import * as z from 'zod'
import { Failure } from '#kernel/error.ts'
import { idOf } from '#kernel/field.ts'
import { listOf, mapPage } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { createSubjectMapping, deleteSubjectMapping } from './subject-mapping.service.ts'
import { NewSubjectMapping, SubjectMappingFields, SubjectMappingQuery, SubjectMappingView } from './subject-mapping.ts'

const SubjectMappingId = z.strictObject({ id: idOf('subject_mapping') })

export const subjectMappingCreate = operation({
  name: 'subject_mapping.create',
  summary: 'Say which user a subject of a trusted issuer is',
  permission: 'trusted-issuers:write',
  reach: 'realm',
  freshSignIn: true,
  makesCredentials: true,
  input: NewSubjectMapping,
  output: SubjectMappingView,
  errors: ['not_found', 'already_exists'],
  events: ['subject_mapping.created'],
  run: createSubjectMapping,
})

export const subjectMappingList = operation({
  name: 'subject_mapping.list',
  summary: 'List the subject mappings of a realm',
  permission: 'trusted-issuers:read',
  reach: 'realm',
  input: SubjectMappingQuery,
  output: listOf(SubjectMappingView),
  errors: ['not_found'],
  events: [],
  run: async ({ read, scope }, query) =>
    mapPage(await read.subjectMappings.list(realmOf(scope).id, query), SubjectMappingFields.show),
})

export const subjectMappingGet = operation({
  name: 'subject_mapping.get',
  summary: 'Show a subject mapping',
  permission: 'trusted-issuers:read',
  reach: 'realm',
  input: SubjectMappingId,
  output: SubjectMappingView,
  errors: ['not_found'],
  events: [],
  run: async ({ read, scope }, { id }) => {
    const mapping = await read.subjectMappings.find(realmOf(scope).id, id)
    if (!mapping) throw new Failure('not_found')
    return SubjectMappingFields.show(mapping)
  },
})

export const subjectMappingDelete = operation({
  name: 'subject_mapping.delete',
  summary: 'Delete a subject mapping',
  description: 'Tokens that were issued by it are valid until they expire.',
  permission: 'trusted-issuers:write',
  reach: 'realm',
  irreversible: true,
  input: SubjectMappingId,
  output: z.void(),
  errors: ['not_found'],
  events: ['subject_mapping.deleted'],
  run: deleteSubjectMapping,
})
