// Projects (Zautha, “Projects”).
import * as projects from '#domain/project/project.operations.ts'
import { ProjectView } from '#domain/project/project.ts'
import type { Route } from '../surface.ts'
import { created, homeScope, list, ok, representation, rows } from './dialect.ts'

const row = rows({ scope: homeScope })

// The words of the document’s table are read as well as those of its objects.
const project = representation(ProjectView, {
  names: { settings: 'settings_json' },
  aliases: { allowedOrigins: 'origins', allowedRedirects: 'redirects', settings: 'settings' },
  omit: ['realmId', 'issuerId', 'version'],
})

export const projectRoutes: readonly Route[] = [
  row('POST /v1/admin/projects', projects.projectCreate, created(project)),
  row('GET /v1/admin/projects', projects.projectList, list(project, 'projects')),
  row('GET /v1/admin/projects/{id}', projects.projectGet, ok(project)),
  row('PATCH /v1/admin/projects/{id}', projects.projectUpdate, ok(project)),
]
