// The fields, inputs and views of the keys of projects.
import * as z from 'zod'
import { idOf, idOut, label, time, timeIn } from '#kernel/field.ts'
import { listQuery } from '#kernel/page.ts'
import { ENVIRONMENTS, type Project } from './project.ts'

/** The precision of `lastUsedAt`, in milliseconds. */
export const USE_PRECISION = 60_000

/** How many first and last characters of a secret are stored, so that people can recognise it. */
export const VISIBLE_LENGTH = { first: 12, last: 4 } as const

/** The input for a new key; only the name is required. */
export const NewProjectKey = z.strictObject({
  id: idOf('project'),
  name: label(200).describe('The purpose.'),
  expiresAt: timeIn.optional().describe('The expiry time. Default: it does not expire.'),
})
export type NewProjectKey = z.output<typeof NewProjectKey>

const revoked = z.stringbool().default(false).describe('Also list revoked keys.')

export const ProjectKeyQuery = listQuery('created_at').extend({ id: idOf('project'), revoked })
export type ProjectKeyQuery = z.output<typeof ProjectKeyQuery>

/** One key of one project. */
export const ProjectKeyId = z.strictObject({ id: idOf('project'), keyId: idOf('project_key') })
export type ProjectKeyId = z.output<typeof ProjectKeyId>

export const PresentedKey = z.strictObject({
  key: z
    .string()
    .min(1)
    .max(200)
    .meta({ writeOnly: true })
    .describe('The kind of the verified key: a publishable key or a secret.'),
})
export type PresentedKey = z.output<typeof PresentedKey>

/**
 * A pair of keys that identifies the programs of a project: one that may be public, and a secret. They give no access
 * to an admin surface.
 */
export interface ProjectKey {
  readonly id: string
  readonly projectId: string
  readonly name: string
  readonly publishableKey: string
  /** The first characters of the secret. */
  readonly prefix: string
  /** The last four characters of the secret. */
  readonly last4: string
  readonly createdAt: number
  readonly expiresAt: number | null
  /** Precise to the minute. */
  readonly lastUsedAt: number | null
  readonly revokedAt: number | null
}

/** The schema of a key in admin responses. */
export const ProjectKeyView = z.object({
  id: idOut('project_key'),
  projectId: idOut('project'),
  name: z.string(),
  publishableKey: z.string().describe('Not a secret: it can be used in a web page.'),
  prefix: z.string().describe('The first characters of the secret.'),
  last4: z.string().describe('The last characters of the secret.'),
  createdAt: time,
  expiresAt: time.nullable(),
  lastUsedAt: time.nullable().describe('The time of the last use, with an accuracy of one minute.'),
  revokedAt: time.nullable(),
})
export type ProjectKeyView = z.output<typeof ProjectKeyView>

/** A key with its new secret. */
export const ProjectKeyWithSecret = ProjectKeyView.extend({
  secret: z.string().describe('Shown only in this response; the server stores only its digest.'),
})
export type ProjectKeyWithSecret = z.output<typeof ProjectKeyWithSecret>

/** The project and the environment of a presented key. */
export const ProjectKeyHolder = z.object({
  id: idOut('project_key'),
  name: z.string(),
  kind: z.enum(['publishable', 'secret']),
  projectId: idOut('project'),
  environment: z.enum(ENVIRONMENTS),
  issuer: z.string().describe('The issuer of the project.'),
  expiresAt: time.nullable(),
})
export type ProjectKeyHolder = z.output<typeof ProjectKeyHolder>

/** The prefixes of keys, which show the type of the key and its environment. */
export function prefixesOf({ environment }: Pick<Project, 'environment'>): { publishable: string; secret: string } {
  const infix = environment === 'production' ? 'live' : 'test'
  return { publishable: `pk_${infix}_`, secret: `zk_${infix}_` }
}
