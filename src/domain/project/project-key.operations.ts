// The operations on the keys of projects.
import * as z from 'zod'
import { listOf } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { findProject } from './project.service.ts'
import { createProjectKey, projectKeyHolder, revokeProjectKey } from './project-key.service.ts'
import {
  NewProjectKey,
  PresentedKey,
  ProjectKeyHolder,
  ProjectKeyId,
  ProjectKeyQuery,
  ProjectKeyView,
  ProjectKeyWithSecret,
} from './project-key.ts'

export const projectKeyCreate = operation({
  name: 'project_key.create',
  summary: 'Create a project key',
  description:
    'A publishable key and a secret that identify programs of the project. They give no access to this API. The secret is shown only in this response.',
  permission: 'projects:write',
  reach: 'tenant',
  freshSignIn: true,
  makesCredentials: true,
  input: NewProjectKey,
  output: ProjectKeyWithSecret,
  errors: ['not_found'],
  events: ['project_key.created'],
  run: createProjectKey,
})

export const projectKeyList = operation({
  name: 'project_key.list',
  summary: 'List the keys of a project',
  description: 'Oldest first.',
  permission: 'projects:read',
  reach: 'tenant',
  input: ProjectKeyQuery,
  output: listOf(ProjectKeyView),
  errors: ['not_found'],
  events: [],
  run: async ({ read }, query) => {
    await findProject(read, query.id)
    return read.projectKeys.list(query)
  },
})

export const projectKeyRevoke = operation({
  name: 'project_key.revoke',
  summary: 'Revoke a project key',
  description: 'The key is not valid any more, and stays in the list of revoked keys.',
  permission: 'projects:write',
  reach: 'tenant',
  irreversible: true,
  input: ProjectKeyId,
  output: z.void(),
  errors: ['not_found'],
  events: ['project_key.revoked'],
  run: revokeProjectKey,
})

export const projectKeyVerify = operation({
  name: 'project_key.verify',
  summary: 'Verify a project key',
  description:
    'For your services that receive such keys: returns the project of the key, if the key is known, not revoked and not expired.',
  permission: 'projects:read',
  reach: 'tenant',
  input: PresentedKey,
  output: ProjectKeyHolder,
  errors: ['not_found'],
  events: [],
  run: projectKeyHolder,
})
