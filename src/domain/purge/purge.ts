// What a purge deletes, and when.
import * as z from 'zod'
import type { OldRows } from '#database/old-rows.ts'
import { time, timeIn } from '#kernel/field.ts'
import { STATUS_LIST_PERIOD } from '#kernel/status-list.ts'
import { WORTHLESS_WHEN_EXPIRED } from '../one-time-token/one-time-token.ts'
import { TOKEN_LIFETIME_MAX } from '../realm/realm.ts'
import type { Retention } from '../settings.ts'

/** What a purge deletes. */
export const PURGE_TARGETS = [
  'one-time-tokens',
  'device-authorizations',
  'backchannel-authentications',
  'idempotency-keys',
  'refresh-tokens',
  'authorizations',
  'delegated-tokens',
  'sessions',
  'remembered-devices',
  'webhook-deliveries',
  'logout-deliveries',
  'flow-runs',
  'mails',
  'branding-files',
  'ended-connections',
  'broker-issuances',
  'unused-clients',
  'deleted-users',
  'issuances',
  'events',
] as const
export type PurgeTarget = (typeof PURGE_TARGETS)[number]

/** The targets whose rows are part of a tenant's chain of events. */
export const CHAIN_TARGETS = ['issuances', 'events'] as const satisfies PurgeTarget[]
export type ChainTarget = (typeof CHAIN_TARGETS)[number]
/** The targets whose rows need more than a look at their time. */
export const LOOKED_AT_TARGETS = ['authorizations', 'unused-clients', 'deleted-users'] as const satisfies PurgeTarget[]
export type RowTarget = Exclude<PurgeTarget, ChainTarget | (typeof LOOKED_AT_TARGETS)[number]>

/** Other names of targets: the log has the tokens of programs beside all others. */
export const TARGET_ALIASES = { 'machine-tokens': 'issuances' } as const satisfies Record<string, PurgeTarget>
const TARGET_NAMES = [...PURGE_TARGETS, ...(Object.keys(TARGET_ALIASES) as (keyof typeof TARGET_ALIASES)[])] as const
type TargetName = (typeof TARGET_NAMES)[number]

/** The target of a name. */
export function targetNamed(name: TargetName): PurgeTarget {
  return name in TARGET_ALIASES ? TARGET_ALIASES[name as keyof typeof TARGET_ALIASES] : (name as PurgeTarget)
}

/** Whether the rows of a target are part of a chain. */
export function isChainTarget(target: PurgeTarget): target is ChainTarget {
  return (CHAIN_TARGETS as readonly string[]).includes(target)
}

/** Whether what a target deletes is kept where no retention says otherwise, and a request can give a time. */
export function isRecord(target: PurgeTarget): boolean {
  return isChainTarget(target) || target === 'broker-issuances'
}

/** Where the rows of a target are, and which setting says how long they stay after the time that they have. */
export interface RowPlan {
  readonly rows: OldRows
  readonly retention: Exclude<keyof Retention, 'events' | 'unusedClients' | 'deletedUsers'>
}

/** The rows of each target that is not part of a chain. */
export const ROW_PLANS: Readonly<Record<RowTarget, RowPlan>> = {
  'one-time-tokens': { rows: { table: 'one_time_token', column: 'expires_at' }, retention: 'codes' },
  'device-authorizations': { rows: { table: 'device_authorization', column: 'expires_at' }, retention: 'codes' },
  'backchannel-authentications': {
    rows: { table: 'backchannel_authentication', column: 'expires_at' },
    retention: 'sessions',
  },
  'idempotency-keys': { rows: { table: 'idempotency_key', column: 'created_at' }, retention: 'codes' },
  'delegated-tokens': { rows: { table: 'delegated_token', column: 'expires_at' }, retention: 'codes' },
  'refresh-tokens': { rows: { table: 'token_family', column: 'expires_at' }, retention: 'codes' },
  sessions: { rows: { table: 'session', column: 'expires_at' }, retention: 'sessions' },
  'remembered-devices': { rows: { table: 'remembered_device', column: 'expires_at' }, retention: 'codes' },
  'webhook-deliveries': { rows: { table: 'webhook_delivery', column: 'settled_at' }, retention: 'deliveries' },
  'logout-deliveries': { rows: { table: 'logout_delivery', column: 'settled_at' }, retention: 'deliveries' },
  'flow-runs': { rows: { table: 'flow_run', column: 'started_at' }, retention: 'flowRuns' },
  mails: { rows: { table: 'mail', column: 'settled_at' }, retention: 'mails' },
  'branding-files': { rows: { table: 'branding_file', column: 'unused_since' }, retention: 'codes' },
  'ended-connections': { rows: { table: 'connection', column: 'revoked_at' }, retention: 'sessions' },
  'broker-issuances': { rows: { table: 'broker_issuance', column: 'issued_at' }, retention: 'issuances' },
}

/**
 * Rows that go when they expire. Nobody can do anything with such one-time tokens then. Anybody can begin a device
 * authorization, and nobody decided about these.
 */
export const WORTHLESS_ROWS: Partial<Record<RowTarget, OldRows>> = {
  'one-time-tokens': { table: 'one_time_token', column: 'expires_at', only: ['kind', WORTHLESS_WHEN_EXPIRED] },
  'device-authorizations': { table: 'device_authorization', column: 'expires_at', only: ['status', ['pending']] },
}

/** How much clocks may differ, in milliseconds. */
const SKEW = 300_000
/** Milliseconds after which every access token has expired, and all others that are in a status list with it. */
export const CHAIN_RETENTION_MIN = STATUS_LIST_PERIOD + TOKEN_LIFETIME_MAX * 1000 + SKEW

/** A request to purge. */
/** What of a log to purge. */
export const LogPurge = z.strictObject({
  before: timeIn.describe('Purge the events, and the issued tokens, from before this time.'),
  timeoutSeconds: z.number().int().min(1).max(600).default(60).describe('Stop after this time. Call again to go on.'),
})
export type LogPurge = z.output<typeof LogPurge>

export const LogPurged = z.object({
  deleted: z.number().int().describe('How many events and tokens were deleted.'),
  complete: z.boolean().describe('False if the time was over first.'),
})
export type LogPurged = z.output<typeof LogPurged>

export const PurgeRequest = z.strictObject({
  only: z
    .array(z.enum(TARGET_NAMES))
    .min(1)
    .max(TARGET_NAMES.length)
    .optional()
    .describe(
      'What to purge. By default everything that has a retention. `machine-tokens` is another name of `issuances`.',
    ),
  before: timeIn
    .optional()
    .describe(
      'Purge issuances, those of the broker and events from before this time, whatever their retention is. Only with `only`.',
    ),
  dryRun: z.boolean().default(false).describe('Only count what would go.'),
  timeoutSeconds: z.number().int().min(1).max(600).default(60).describe('Stop after this time. Call again to go on.'),
})
export type PurgeRequest = z.output<typeof PurgeRequest>

/** What was purged, or would be. */
export const PurgeResult = z.object({
  dryRun: z.boolean(),
  complete: z
    .boolean()
    .describe(
      'Whether nothing is left to purge. False if the time was over first, and in a dry run if there is something to purge.',
    ),
  notices: z.array(z.string()).describe('Why it is not complete, in sentences.'),
  databaseBytes: z
    .number()
    .int()
    .nullable()
    .describe('The size of the database, where rows are only counted. Deleted rows leave room that new ones use.'),
  targets: z.array(
    z.object({
      target: z.enum(PURGE_TARGETS),
      before: time.nullable().describe('Older rows go; null if they are kept.'),
      rows: z
        .number()
        .int()
        .describe('How many rows were deleted, or users erased, or would be. A count stops at a million.'),
    }),
  ),
})
export type PurgeResult = z.output<typeof PurgeResult>
