import * as z from 'zod'
import { projectCreate, projectGet, projectSurvey, projectUpdate } from '#domain/project/project.operations.ts'
import { ENVIRONMENTS, NewProject, type ProjectView } from '#domain/project/project.ts'
import type { Route } from '../surface.ts'
import { homeScope, listOf, listSchema, PageParameters, pageOf, row, timeOut } from './row.ts'

const { name, slug, environment, allowedOrigins, allowedRedirects, settings } = NewProject.shape
const origins = allowedOrigins.unwrap().optional()
const redirects = allowedRedirects.unwrap().optional()
const json = settings.unwrap().optional()

// The words of the document’s table are read as well as those of its objects.
const changeable = {
  allowed_origins: origins,
  allowed_redirects: redirects,
  settings_json: json,
  origins: origins.describe('The same as allowed_origins.'),
  redirects: redirects.describe('The same as allowed_redirects.'),
  settings: json.describe('The same as settings_json.'),
}
const Create = z.object({ name, slug, environment: environment.unwrap().optional(), ...changeable })
const Update = z.strictObject({ name: name.optional(), slug, ...changeable })

const Project = z.object({
  id: z.uuid(),
  tenant_id: z.uuid(),
  name: z.string(),
  slug: z.string(),
  environment: z.enum(ENVIRONMENTS),
  allowed_origins: z.array(z.string()),
  allowed_redirects: z.array(z.string()),
  settings_json: z.record(z.string(), z.unknown()),
  issuer: z.string(),
  created_at: z.string(),
  updated_at: z.string(),
})

function shown(project: ProjectView): z.output<typeof Project> {
  return {
    id: project.id,
    tenant_id: project.tenantId,
    name: project.name,
    slug: project.slug,
    environment: project.environment,
    allowed_origins: project.allowedOrigins,
    allowed_redirects: project.allowedRedirects,
    settings_json: project.settings,
    issuer: project.issuer,
    created_at: timeOut(project.createdAt) ?? '',
    updated_at: timeOut(project.updatedAt) ?? '',
  }
}

function given(body: z.output<typeof Update>): object {
  const { allowed_origins, allowed_redirects, settings_json, origins, redirects, settings, ...same } = body
  return {
    ...same,
    allowedOrigins: allowed_origins ?? origins,
    allowedRedirects: allowed_redirects ?? redirects,
    settings: settings_json ?? settings,
  }
}

const names = { settings: 'settings_json' }
const one = { scope: homeScope, replySchema: Project, reply: shown, names }

/** Projects (Zautha, “Projects”). */
export const projectRoutes: readonly Route[] = [
  row('POST /v1/admin/projects', projectCreate, {
    ...one,
    status: 201,
    body: Create,
    input: ({ body }) => given(body),
  }),
  row('GET /v1/admin/projects', projectSurvey, {
    scope: homeScope,
    query: PageParameters,
    input: ({ query }) => pageOf(query),
    reply: (page, { query }) => listOf('projects', page, query, shown),
    replySchema: listSchema('projects', Project),
  }),
  row('GET /v1/admin/projects/{id}', projectGet, { ...one, input: ({ params }) => ({ id: params.id }) }),
  row('PATCH /v1/admin/projects/{id}', projectUpdate, {
    ...one,
    body: Update,
    input: ({ params, body }) => ({ ...given(body), id: params.id }),
  }),
]
