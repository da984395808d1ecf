// The fields and the filter of refusals: how often a client, or what said to be one, was refused for a reason.
import * as z from 'zod'
import { idOut, time } from '#kernel/field.ts'
import { forwardQuery } from '#kernel/page.ts'
import { REFUSAL_REASONS, type RefusalReason } from '#kernel/refusal-reason.ts'

export const REFUSAL_ERRORS = ['invalid_client', 'invalid_grant'] as const
const REASONS = Object.keys(REFUSAL_REASONS) as [RefusalReason, ...RefusalReason[]]

/** The reasons of requests that name no client of the realm. */
export const STRANGER_REASONS: ReadonlySet<RefusalReason | undefined> = new Set([
  'unknown_client',
  'no_client_id',
  'malformed_credentials',
])

export const MINUTE = 60_000
/** Milliseconds that refusals are kept. */
export const REFUSAL_RETENTION = 3 * 86_400_000
/** The longest client_id that is kept; whoever is refused can send any. */
export const CLIENT_ID_MAX = 100

/** Refusals of one minute that have everything but the count in common. */
export interface Refusals {
  readonly id: string
  readonly tenantId: string
  readonly realmId: string
  /** When the minute began. */
  readonly minute: number
  /** As it was sent; empty where none was. */
  readonly clientId: string
  readonly error: (typeof REFUSAL_ERRORS)[number]
  readonly reason: RefusalReason
  /** The address, or the /64 of an IPv6 address. */
  readonly network: string
  readonly count: number
}

export const RefusalQuery = forwardQuery.extend({
  clientId: z.string().max(CLIENT_ID_MAX).optional().describe('Only refusals of requests with this client_id.'),
  reason: z.enum(REASONS).optional().describe('Only refusals for this reason.'),
  network: z.string().max(64).optional().describe('Only refusals of requests from this network, as the list shows it.'),
})
export type RefusalQuery = z.output<typeof RefusalQuery>

/** The schema of refusals in admin responses. */
export const RefusalView = z.object({
  id: idOut('refusal'),
  minute: time.describe('The start of the minute.'),
  clientId: z.string().describe('The client_id as it was sent; empty if the request had none.'),
  error: z.enum(REFUSAL_ERRORS),
  reason: z.enum(REASONS),
  meaning: z.string(),
  advice: z.string().describe('What to do.'),
  network: z.string(),
  count: z.number().int(),
})
export type RefusalView = z.output<typeof RefusalView>

/** Returns the view of refusals. */
export function viewRefusals({ tenantId: _, realmId: __, ...refusals }: Refusals): RefusalView {
  const { meaning, advice } = REFUSAL_REASONS[refusals.reason]
  return { ...refusals, meaning, advice }
}
