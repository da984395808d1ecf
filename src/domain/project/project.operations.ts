// The operations on projects.
import * as z from 'zod'
import { idOf } from '#kernel/field.ts'
import { listOf, mapPage } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { createProject, deleteProject, findProject, updateProject } from './project.service.ts'
import { NewProject, ProjectPatch, ProjectQuery, ProjectView, viewProject } from './project.ts'

const ProjectId = z.strictObject({ id: idOf('project') })

export const projectCreate = operation({
  name: 'project.create',
  summary: 'Create a project',
  description:
    'An application, or one environment of an application: a realm with its own issuer, clients and keys, and with the users of the tenant’s default realm. Its metadata is available immediately.',
  permission: 'projects:write',
  reach: 'tenant',
  input: NewProject,
  output: ProjectView,
  errors: ['not_found', 'already_exists'],
  events: ['project.created', 'realm.created', 'key.created'],
  run: createProject,
})

export const projectList = operation({
  name: 'project.list',
  summary: 'List projects',
  description: 'Oldest first.',
  permission: 'projects:read',
  reach: 'tenant',
  input: ProjectQuery,
  output: listOf(ProjectView),
  errors: [],
  events: [],
  run: async ({ read, registry }, page) => {
    const projects = await read.projects.list(page)
    return mapPage(projects, (project) => viewProject(project, registry.settings))
  },
})

export const projectGet = operation({
  name: 'project.get',
  summary: 'Show a project',
  permission: 'projects:read',
  reach: 'tenant',
  input: ProjectId,
  output: ProjectView,
  errors: ['not_found'],
  events: [],
  run: async ({ read, registry }, { id }) => viewProject(await findProject(read, id), registry.settings),
})

export const projectUpdate = operation({
  name: 'project.update',
  summary: 'Change a project',
  description:
    'Only the given members change; lists and settings are replaced as a whole. Allowed redirects and origins apply from the next request on, also to existing clients.',
  permission: 'projects:write',
  reach: 'tenant',
  input: ProjectPatch,
  output: ProjectView,
  errors: ['not_found', 'already_exists', 'precondition_failed'],
  events: ['project.updated', 'realm.updated'],
  run: updateProject,
})

export const projectDelete = operation({
  name: 'project.delete',
  summary: 'Delete a project',
  description:
    'Its sessions end, its tokens become inactive, and its keys are revoked. The users are not deleted. Its slug can be used again.',
  permission: 'projects:write',
  reach: 'tenant',
  irreversible: true,
  input: ProjectId,
  output: z.void(),
  errors: ['not_found'],
  events: ['project.deleted', 'realm.deleted'],
  run: deleteProject,
})
