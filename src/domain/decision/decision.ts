// The fields of decisions: why an endpoint of a realm refused one request.
import * as z from 'zod'
import { idOut, time } from '#kernel/field.ts'
import type { Id } from '#kernel/id.ts'

/** How long a decision is kept, in milliseconds. */
export const DECISION_KEPT = 3_600_000
/** The longest text of a decision, in characters: whoever is refused can send any. */
export const TEXT_MAX = 300

/** Why one request was refused. It has the id of the request. */
export interface Decision {
  readonly id: string
  /** Milliseconds since 1970. */
  readonly at: number
  /** The platform’s for a request to no realm. */
  readonly tenantId: Id
  readonly realmId: Id | null
  /** As it was sent; empty where none was. */
  readonly clientId: string
  /** Whether the realm has the client. */
  readonly isKnown: boolean
  /** The address, or the /64 of an IPv6 address. */
  readonly network: string
  readonly endpoint: string
  readonly step: string
  readonly error: string
  /** What the caller was told. */
  readonly description: string
  /** What the caller was not told. */
  readonly reason: string | null
  readonly meaning: string | null
  readonly advice: string | null
  readonly policy: string | null
  readonly policyValue: string | null
  readonly given: string | null
}

/** The schema of decisions in admin responses. */
export const DecisionView = z.object({
  id: z
    .string()
    .describe('The id of the request: X-Request-Id, request_id in the log and in events, request in error_uri.'),
  at: time.describe('When the request was refused.'),
  tenantId: idOut('tenant').nullable().describe('Null for a request to an address of no realm.'),
  realmId: idOut('realm').nullable().describe('Null for a request to an address of no realm.'),
  clientId: z.string().describe('The client_id as it was sent; empty if the request had none.'),
  network: z.string().describe('The address of the caller, or the /64 of an IPv6 address.'),
  endpoint: z.string().describe('The endpoint or the page.'),
  step: z.string().describe('Which step of the endpoint refused.'),
  error: z.string(),
  description: z.string().describe('What the caller was told.'),
  reason: z
    .string()
    .nullable()
    .describe('What the caller was not told; only invalid_client and invalid_grant have one.'),
  meaning: z.string().nullable().describe('What the reason means.'),
  advice: z.string().nullable().describe('What to do.'),
  policy: z.string().nullable().describe('The setting that decided; null where none did.'),
  policyValue: z.string().nullable().describe('What the setting is set to.'),
  given: z.string().nullable().describe('What the request had; null where that is a secret or nothing.'),
})
