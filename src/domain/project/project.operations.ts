import * as z from 'zod'
import { idOf } from '#kernel/field.ts'
import { numberedPageOf, PageQuery, pageOf } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { createProject, deleteProject, findProject, updateProject } from './project.service.ts'
import { NewProject, ProjectPatch, ProjectSurvey, ProjectView, viewProject } from './project.ts'

const ProjectId = z.strictObject({ id: idOf('project') })

export const projectCreate = operation({
  name: 'project.create',
  summary: 'Create a project',
  description:
    'An application, or one environment of it: a realm with an issuer, clients and keys of its own, whose people are those of the tenant’s default realm. It serves its metadata at once.',
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
  input: PageQuery,
  output: pageOf(ProjectView),
  errors: [],
  events: [],
  run: async ({ read, registry }, page) => {
    const { data, nextCursor } = await read.projects.list(page)
    return { data: data.map((project) => viewProject(project, registry.settings)), nextCursor }
  },
})

export const projectSurvey = operation({
  name: 'project.survey',
  summary: 'List projects by numbered pages',
  description: 'Oldest first, with how many there are.',
  permission: 'projects:read',
  reach: 'tenant',
  input: ProjectSurvey,
  output: numberedPageOf(ProjectView),
  errors: [],
  events: [],
  run: async ({ read, registry }, query) => {
    const { data, total } = await read.projects.survey(query)
    return { data: data.map((project) => viewProject(project, registry.settings)), total }
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
    'Only what is given changes; lists and settings are replaced whole. Allowed redirects and origins hold from the next request on, whatever clients were registered with before.',
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
    'Its sessions end, its tokens are no longer active, its keys are revoked. The users stay, and its slug is free again.',
  permission: 'projects:write',
  reach: 'tenant',
  input: ProjectId,
  output: z.void(),
  errors: ['not_found'],
  events: ['project.deleted', 'realm.deleted'],
  run: deleteProject,
})
