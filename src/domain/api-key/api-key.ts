// The inputs and views of API keys.
import * as z from 'zod'
import { declare, type NounOf } from '#kernel/declaration.ts'
import { constant, fixed, managed } from '#kernel/declared-fields.ts'
import { idOf, idOut, label, time, timeIn } from '#kernel/field.ts'
import { listQuery } from '#kernel/page.ts'
import { PERMISSION_PATTERN, PERMISSIONS, permits } from '#kernel/permission.ts'
import type { Reach } from '../actor.ts'

/** The prefix of every key, so that people and secret scanners recognise keys. */
export const KEY_PREFIX = 'sk_live_'

/** The number of leading characters that are stored, so that people can recognise a key. */
export const PREFIX_LENGTH = 12

/** The precision of `lastUsedAt`, in milliseconds, so that not every request writes to the database. */
export const USE_PRECISION = 60_000

export const KEY_REACHES = ['platform', 'tenant', 'realm'] as const

const ALL_PERMISSIONS = Object.keys(PERMISSIONS)

/** A permission of the registry, or a wildcard that matches one. */
function isGrantable(permission: string): boolean {
  return PERMISSION_PATTERN.test(permission) && ALL_PERMISSIONS.some((each) => permits(new Set([permission]), each))
}

const permission = z
  .string()
  .max(100)
  .refine(isGrantable, { message: 'neither a permission nor one of nouns:*, *:read, *:write and *' })

/** The fields of an API key, except its reach, which is stored in several columns. */
export const ApiKeyFields = declare({
  id: constant(idOut('api_key')),
  /** The tenant of the key; `PLATFORM` for a key with platform reach. */
  tenantId: constant(z.string(), { view: null }),
  name: fixed(label(200).describe('The purpose.')),
  prefix: constant(z.string().describe('The first characters of the key.')),
  permissions: fixed(
    z
      .array(permission)
      .min(1)
      .max(100)
      .transform((all) => [...new Set(all)])
      .describe('The permissions: permissions, nouns:*, *:read, *:write or *. The caller must have all of them.'),
  ),
  createdAt: constant(time),
  expiresAt: constant(time.nullable()),
  lastUsedAt: managed(time.nullable().describe('With an accuracy of one minute.')),
  revokedAt: managed(time.nullable()),
})

/** The input for a new API key. */
export const NewApiKey = z.strictObject({
  ...ApiKeyFields.creation,
  reach: z.enum(KEY_REACHES).default('tenant').describe('The reach: the platform, one tenant or one realm.'),
  realm: z.string().max(100).optional().describe('The issuer id of its realm, for the reach of a realm.'),
  expiresAt: timeIn.optional().describe('The expiry time. Default: it does not expire.'),
})
export type NewApiKey = z.output<typeof NewApiKey>

/** The input for an update of a key; absent members stay unchanged. */
export const ApiKeyPatch = z.strictObject({
  id: idOf('api_key'),
  name: ApiKeyFields.creation.name.optional(),
  permissions: ApiKeyFields.creation.permissions.optional(),
  expiresAt: timeIn.nullable().optional().describe('The expiry time; null for none.'),
})
export type ApiKeyPatch = z.output<typeof ApiKeyPatch>

export const ApiKeyQuery = listQuery('created_at').extend({
  revoked: z.stringbool().default(false).describe('Also list revoked keys.'),
})
export type ApiKeyQuery = z.output<typeof ApiKeyQuery>

/** A key for the admin surfaces. Only the digest of its secret is stored. */
export interface ApiKey extends NounOf<typeof ApiKeyFields> {
  readonly reach: Exclude<Reach, { kind: 'none' | 'partner' }>
  /** The issuer id of the key's realm, if the reach is a realm. */
  readonly issuerId: string | null
}

const { createdAt, expiresAt, lastUsedAt, revokedAt, ...shownFields } = ApiKeyFields.view

/** The schema of an API key in admin responses. */
export const ApiKeyView = z.object({
  ...shownFields,
  reach: z.enum(KEY_REACHES),
  realm: z.string().nullable().describe('The issuer id of its realm.'),
  ...{ createdAt, expiresAt, lastUsedAt, revokedAt },
})
export type ApiKeyView = z.output<typeof ApiKeyView>

/** An API key with its new secret. */
export const ApiKeyWithSecret = ApiKeyView.extend({
  key: z.string().describe('Shown only in this response; the server stores only its digest.'),
})
export type ApiKeyWithSecret = z.output<typeof ApiKeyWithSecret>

/** Returns the view of a key, without internal fields. */
export function viewApiKey({ issuerId, reach, ...key }: ApiKey): ApiKeyView {
  return { ...ApiKeyFields.show(key), reach: reach.kind, realm: issuerId }
}
