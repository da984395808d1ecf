// A project is a realm over the directory that all projects of its tenant share: an application, or one environment of
// it, with an issuer, clients and keys of its own.

import * as z from 'zod'
import { registerAuditedMembers } from '#kernel/audited-members.ts'
import { declare, type NounOf } from '#kernel/declaration.ts'
import { constant, editable, fixed } from '#kernel/declared-fields.ts'
import { idOf, idOut, ifVersion, label, ownerSlug } from '#kernel/field.ts'
import { listQuery } from '#kernel/page.ts'
import { allowedOrigins, allowedRedirects, issuerOf, type Realm, RealmFields } from '../realm/realm.ts'
import type { Settings } from '../settings.ts'
import { settingsObject } from '../tenant/tenant-objects.ts'

export const ENVIRONMENTS = ['development', 'production'] as const

/** The fields that a project has besides those of its realm. */
export const ProjectFields = declare({
  id: constant(idOut('project')),
  slug: editable(ownerSlug.describe('Unique in the tenant.')),
  environment: fixed(z.enum(ENVIRONMENTS).describe('It cannot be changed, because it is part of the project’s keys.'), {
    initial: 'development',
    view: z.enum(ENVIRONMENTS),
  }),
  settings: editable(
    settingsObject.describe('Any JSON object; stored and returned unchanged. mfa cannot be required.'),
    { initial: {} },
  ),
})

const name = label(255).describe('Shown to users on the hosted pages.')
const { environment, settings } = ProjectFields.creation

/** The input for a new project; only the name is required. */
export const NewProject = z.strictObject({
  name,
  slug: ownerSlug.optional().describe('Unique in the tenant. Default: derived from the name.'),
  allowedOrigins: allowedOrigins.default([]),
  allowedRedirects: allowedRedirects.default([]),
  settings,
  environment,
})
export type NewProject = z.output<typeof NewProject>

/** The input for an update of a project; absent members stay unchanged, lists and settings are replaced. */
export const ProjectPatch = z.strictObject({
  id: idOf('project'),
  name: name.optional(),
  slug: ProjectFields.patch.slug,
  allowedOrigins: allowedOrigins.optional(),
  allowedRedirects: allowedRedirects.optional(),
  settings: ProjectFields.patch.settings,
  ifVersion,
})
export type ProjectPatch = z.output<typeof ProjectPatch>

/** The query of a list of a tenant's projects by pages with numbers. */
export const ProjectQuery = listQuery('created_at')
export type ProjectQuery = z.output<typeof ProjectQuery>

/** A project with its realm. */
export interface Project extends NounOf<typeof ProjectFields> {
  readonly realm: Realm
}

const { settings: shownSettings, id, ...shownFields } = ProjectFields.view
const ofRealm = RealmFields.view

/** The schema of a project in admin responses. */
export const ProjectView = z.object({
  id,
  tenantId: ofRealm.tenantId,
  realmId: ofRealm.id,
  issuerId: ofRealm.issuerId.describe('The issuer id of its realm, for routes with a realm.'),
  issuer: z.string(),
  name: ofRealm.name,
  ...shownFields,
  allowedOrigins: ofRealm.allowedOrigins,
  allowedRedirects: ofRealm.allowedRedirects,
  settings: shownSettings,
  version: ofRealm.version,
  createdAt: ofRealm.createdAt,
  updatedAt: ofRealm.updatedAt,
})
export type ProjectView = z.output<typeof ProjectView>

/** What the event of an update tells of; free settings may hold a secret. */
export const PROJECT_TOLD = {
  name: 'values',
  slug: 'values',
  allowedOrigins: 'values',
  allowedRedirects: 'values',
  settings: 'name',
} as const
registerAuditedMembers('project', PROJECT_TOLD, ProjectView.shape)

/** Returns the view of a project. */
export function viewProject({ realm, ...project }: Project, server: Settings): ProjectView {
  const { id: realmId, tenantId, issuerId, name, version, createdAt, updatedAt, ...view } = RealmFields.show(realm)
  const { allowedOrigins, allowedRedirects } = view
  return {
    ...ProjectFields.show(project),
    ...{ tenantId, realmId, issuerId, issuer: issuerOf(realm, server), name, allowedOrigins, allowedRedirects },
    ...{ version, createdAt, updatedAt },
  }
}
