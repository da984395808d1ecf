import * as z from 'zod'
import { idOut, label, time } from '#kernel/field.ts'
import { PageQuery } from '#kernel/page.ts'
import { PERMISSION_PATTERN, PERMISSIONS, permits } from '#kernel/permission.ts'
import type { Reach } from '../context.ts'

/** What every key starts with, so that people and secret scanners know one when they see it. */
export const KEY_PREFIX = 'sk_live_'

/** How many of a key’s first characters are kept for people to know it by. */
export const SHOWN_LENGTH = 12

/** How exact `lastUsedAt` is, in milliseconds: a key is not written at every request. */
export const USE_PRECISION = 60_000

export const KEY_REACHES = ['platform', 'tenant', 'realm'] as const

const KNOWN = Object.keys(PERMISSIONS)

/** A permission there is, or a wildcard that covers one. */
function isGrantable(permission: string): boolean {
  return PERMISSION_PATTERN.test(permission) && KNOWN.some((known) => permits(new Set([permission]), known))
}

const permission = z
  .string()
  .max(100)
  .refine(isGrantable, { message: 'neither a permission nor one of nouns:*, *:read, *:write and *' })

/** What a new API key needs. */
export const NewApiKey = z.strictObject({
  name: label(200).describe('What it is for.'),
  permissions: z
    .array(permission)
    .min(1)
    .max(100)
    .transform((all) => [...new Set(all)])
    .describe('What it may do: permissions, nouns:*, *:read, *:write or *. Nothing that you may not do yourself.'),
  reach: z.enum(KEY_REACHES).default('tenant').describe('How far it reaches: everything, one tenant, or one realm.'),
  realm: z.string().max(100).optional().describe('The issuer id of its realm, for the reach of a realm.'),
  expiresAt: z.iso
    .datetime({ offset: true })
    .transform((text) => Date.parse(text))
    .optional()
    .describe('When it stops working; never unless told.'),
})
export type NewApiKey = z.output<typeof NewApiKey>

export const ApiKeyQuery = PageQuery.extend({
  revoked: z.stringbool().default(false).describe('Show revoked keys too.'),
})
export type ApiKeyQuery = z.output<typeof ApiKeyQuery>

/** A key for the admin surfaces. Only the digest of its secret is kept. */
export interface ApiKey {
  readonly id: string
  /** The tenant that it belongs to; `PLATFORM` for a key whose reach is the platform. */
  readonly tenantId: string
  readonly reach: Exclude<Reach, { kind: 'none' | 'partner' }>
  /** The issuer id of its realm, for the reach of a realm. */
  readonly issuerId: string | null
  readonly name: string
  /** Its first characters. */
  readonly prefix: string
  readonly permissions: readonly string[]
  readonly createdAt: number
  readonly expiresAt: number | null
  /** To the minute. */
  readonly lastUsedAt: number | null
  readonly revokedAt: number | null
}

/** An API key as admin surfaces show it. */
export const ApiKeyView = z.object({
  id: idOut('api_key'),
  name: z.string(),
  prefix: z.string().describe('The key’s first characters.'),
  permissions: z.array(z.string()),
  reach: z.enum(KEY_REACHES),
  realm: z.string().nullable().describe('The issuer id of its realm.'),
  createdAt: time,
  expiresAt: time.nullable(),
  lastUsedAt: time.nullable().describe('To the minute.'),
  revokedAt: time.nullable(),
})
export type ApiKeyView = z.output<typeof ApiKeyView>

/** An API key with its secret, which was just made. */
export const ApiKeyWithSecret = ApiKeyView.extend({
  key: z.string().describe('Shown this once; only its digest is kept.'),
})
export type ApiKeyWithSecret = z.output<typeof ApiKeyWithSecret>

/** A key without what only the server needs. */
export function viewApiKey({ tenantId: _, issuerId, reach, permissions, ...shown }: ApiKey): ApiKeyView {
  return { ...shown, permissions: [...permissions], reach: reach.kind, realm: issuerId }
}

/** Whether one hand reaches everything that another one does; of a partner’s, which names no tenant, it is not known. */
export function reachCovers(wide: Reach, narrow: Reach): boolean {
  if (wide.kind === 'platform') return true
  if (wide.kind === 'none' || narrow.kind === 'none' || narrow.kind === 'platform') return narrow.kind === 'none'
  if (wide.kind === 'partner' || narrow.kind === 'partner') return false
  if (wide.tenantId !== narrow.tenantId) return false
  return wide.kind === 'tenant' || (narrow.kind === 'realm' && narrow.realmId === wide.realmId)
}
