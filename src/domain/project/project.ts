// A project is a realm over the directory that all projects of its tenant share: an application, or one environment of
// it, with an issuer, clients and keys of its own (Zautha, “Projects”).
import * as z from 'zod'
import { freeObject, idOf, idOut, ifVersion, label, slug, time } from '#kernel/field.ts'
import { NumberedQuery } from '#kernel/page.ts'
import { allowedOrigins, allowedRedirects, issuerOf, type Realm } from '../realm/realm.ts'
import type { Settings } from '../settings.ts'

export const ENVIRONMENTS = ['development', 'production'] as const

const fields = {
  name: label(255).describe('Shown to people on the hosted pages.'),
  slug: slug.describe('Unique in the tenant.'),
  allowedOrigins,
  allowedRedirects,
  settings: freeObject().describe('Any JSON object; given back as it came.'),
}

/** What a new project needs: a name. */
export const NewProject = z.strictObject({
  ...fields,
  slug: fields.slug.optional().describe('Unique in the tenant; made from the name unless told.'),
  environment: z
    .enum(ENVIRONMENTS)
    .default('development')
    .describe('Fixed for good: the keys of a project say which it is.'),
  allowedOrigins: allowedOrigins.default([]),
  allowedRedirects: allowedRedirects.default([]),
  settings: fields.settings.default({}),
})
export type NewProject = z.output<typeof NewProject>

/** What may be changed about a project; what is left out stays, lists and settings are replaced whole. */
export const ProjectPatch = z.strictObject({
  id: idOf('project'),
  ...z.strictObject(fields).partial().shape,
  ifVersion,
})
export type ProjectPatch = z.output<typeof ProjectPatch>

/** Which projects of a tenant to list by numbered pages. */
export const ProjectSurvey = z.strictObject(NumberedQuery.shape)
export type ProjectSurvey = z.output<typeof ProjectSurvey>

/** What makes a realm a project. */
export interface Project {
  readonly id: string
  readonly realm: Realm
  readonly slug: string
  readonly environment: (typeof ENVIRONMENTS)[number]
  readonly settings: Readonly<Record<string, unknown>>
}

/** A project as admin surfaces show it. */
export const ProjectView = z.object({
  id: idOut('project'),
  tenantId: idOut('tenant'),
  realmId: idOut('realm'),
  issuerId: z.string().describe('Its realm, for every route about a realm.'),
  issuer: z.string(),
  name: z.string(),
  slug: z.string(),
  environment: z.enum(ENVIRONMENTS),
  allowedOrigins: z.array(z.string()),
  allowedRedirects: z.array(z.string()),
  settings: z.record(z.string(), z.unknown()),
  version: z.number().int(),
  createdAt: time,
  updatedAt: time,
})
export type ProjectView = z.output<typeof ProjectView>

/** A project, ready to be shown. */
export function viewProject({ id, realm, slug, environment, settings }: Project, server: Settings): ProjectView {
  return {
    id,
    tenantId: realm.tenantId,
    realmId: realm.id,
    issuerId: realm.issuerId,
    issuer: issuerOf(realm, server),
    name: realm.name,
    slug,
    environment,
    allowedOrigins: [...realm.allowedOrigins],
    allowedRedirects: [...realm.allowedRedirects],
    settings: { ...settings },
    version: realm.version,
    createdAt: realm.createdAt,
    updatedAt: realm.updatedAt,
  }
}
