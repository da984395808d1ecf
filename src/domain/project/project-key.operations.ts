import * as z from 'zod'
import { numberedPageOf, pageOf } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { findProject } from './project.service.ts'
import { createProjectKey, projectKeyHolder, revokeProjectKey } from './project-key.service.ts'
import {
  NewProjectKey,
  PresentedKey,
  ProjectKeyHolder,
  ProjectKeyId,
  ProjectKeyQuery,
  ProjectKeySurvey,
  ProjectKeyView,
  ProjectKeyWithSecret,
} from './project-key.ts'

export const projectKeyCreate = operation({
  name: 'project_key.create',
  summary: 'Create a key of a project',
  description:
    'A publishable key and a secret, by which programs of the project are known; neither opens this API. The secret is shown in this answer and never again.',
  permission: 'projects:write',
  reach: 'tenant',
  input: NewProjectKey,
  output: ProjectKeyWithSecret,
  errors: ['not_found'],
  events: ['project_key.created'],
  run: createProjectKey,
})

export const projectKeyList = operation({
  name: 'project_key.list',
  summary: 'List a project’s keys',
  description: 'Oldest first.',
  permission: 'projects:read',
  reach: 'tenant',
  input: ProjectKeyQuery,
  output: pageOf(ProjectKeyView),
  errors: ['not_found'],
  events: [],
  run: async ({ read }, query) => {
    await findProject(read, query.id)
    return read.projectKeys.list(query)
  },
})

export const projectKeySurvey = operation({
  name: 'project_key.survey',
  summary: 'List a project’s keys by numbered pages',
  description: 'Oldest first, the revoked ones too, with how many there are.',
  permission: 'projects:read',
  reach: 'tenant',
  input: ProjectKeySurvey,
  output: numberedPageOf(ProjectKeyView),
  errors: ['not_found'],
  events: [],
  run: async ({ read }, query) => {
    await findProject(read, query.id)
    return read.projectKeys.survey(query)
  },
})

export const projectKeyRevoke = operation({
  name: 'project_key.revoke',
  summary: 'Revoke a key of a project',
  description: 'It is not recognised any more, and stays in the list of revoked keys.',
  permission: 'projects:write',
  reach: 'tenant',
  input: ProjectKeyId,
  output: z.void(),
  errors: ['not_found'],
  events: ['project_key.revoked'],
  run: revokeProjectKey,
})

export const projectKeyVerify = operation({
  name: 'project_key.verify',
  summary: 'Find out whose a project’s key is',
  description:
    'For your own services, which are sent such keys: the project that a key belongs to, if it is known, not revoked and not expired.',
  permission: 'projects:read',
  reach: 'tenant',
  input: PresentedKey,
  output: ProjectKeyHolder,
  errors: ['not_found'],
  events: [],
  run: projectKeyHolder,
})
