import * as z from 'zod'
import { idOf, idOut, label, time } from '#kernel/field.ts'
import { NumberedQuery, PageQuery } from '#kernel/page.ts'
import { ENVIRONMENTS, type Project } from './project.ts'

/** How exact `lastUsedAt` is, in milliseconds. */
export const USE_PRECISION = 60_000

/** How many of a secret’s first and last characters are kept for people to know it by. */
export const SHOWN = { first: 12, last: 4 } as const

/** What a new key needs: a name. */
export const NewProjectKey = z.strictObject({
  id: idOf('project'),
  name: label(200).describe('What it is for.'),
  expiresAt: z.iso
    .datetime({ offset: true })
    .transform((text) => Date.parse(text))
    .optional()
    .describe('When it is no longer recognised; never unless told.'),
})
export type NewProjectKey = z.output<typeof NewProjectKey>

const revoked = z.stringbool().default(false).describe('Show revoked keys too.')

export const ProjectKeyQuery = PageQuery.extend({ id: idOf('project'), revoked })
export type ProjectKeyQuery = z.output<typeof ProjectKeyQuery>

/** Which keys of a project to list by numbered pages: the revoked ones too. */
export const ProjectKeySurvey = z.strictObject({ ...NumberedQuery.shape, id: idOf('project') })
export type ProjectKeySurvey = z.output<typeof ProjectKeySurvey>

/** One key of one project. */
export const ProjectKeyId = z.strictObject({ id: idOf('project'), keyId: idOf('project_key') })
export type ProjectKeyId = z.output<typeof ProjectKeyId>

export const PresentedKey = z.strictObject({
  key: z
    .string()
    .min(1)
    .max(200)
    .meta({ writeOnly: true })
    .describe('What was presented: a publishable key or a secret.'),
})
export type PresentedKey = z.output<typeof PresentedKey>

/**
 * A pair of keys by which programs of a project are known: one that may stand in a page, and a secret. They are no
 * credentials for any admin surface.
 */
export interface ProjectKey {
  readonly id: string
  readonly projectId: string
  readonly name: string
  readonly publishableKey: string
  /** The secret’s first characters. */
  readonly prefix: string
  /** Its last four. */
  readonly last4: string
  readonly createdAt: number
  readonly expiresAt: number | null
  /** To the minute. */
  readonly lastUsedAt: number | null
  readonly revokedAt: number | null
}

/** A key as admin surfaces show it. */
export const ProjectKeyView = z.object({
  id: idOut('project_key'),
  projectId: idOut('project'),
  name: z.string(),
  publishableKey: z.string().describe('Nothing secret: it may stand in a page.'),
  prefix: z.string().describe('The secret’s first characters.'),
  last4: z.string().describe('The secret’s last characters.'),
  createdAt: time,
  expiresAt: time.nullable(),
  lastUsedAt: time.nullable().describe('When it was last recognised, to the minute.'),
  revokedAt: time.nullable(),
})
export type ProjectKeyView = z.output<typeof ProjectKeyView>

/** A key with its secret, which was just made. */
export const ProjectKeyWithSecret = ProjectKeyView.extend({
  secret: z.string().describe('Shown this once; only its digest is kept.'),
})
export type ProjectKeyWithSecret = z.output<typeof ProjectKeyWithSecret>

/** Whose a presented key is. */
export const ProjectKeyHolder = z.object({
  id: idOut('project_key'),
  name: z.string(),
  kind: z.enum(['publishable', 'secret']),
  projectId: idOut('project'),
  environment: z.enum(ENVIRONMENTS),
  issuer: z.string().describe('The project’s issuer.'),
  expiresAt: time.nullable(),
})
export type ProjectKeyHolder = z.output<typeof ProjectKeyHolder>

/** What a project’s keys begin with: what they are, and which environment they are for. */
export function prefixesOf({ environment }: Pick<Project, 'environment'>): { publishable: string; secret: string } {
  const infix = environment === 'production' ? 'live' : 'test'
  return { publishable: `pk_${infix}_`, secret: `zk_${infix}_` }
}
