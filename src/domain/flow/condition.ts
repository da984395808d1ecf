// The conditions of flows: a predicate about who signs in, without any side effect.
import * as z from 'zod'
import { parseId } from '#kernel/id.ts'
import { domainKey, nameKey } from '#kernel/identity-text.ts'
import { TRIGGERS, type Trigger } from './trigger.ts'

/** What conditions can ask about a sign-in. */
export interface ConditionFacts {
  readonly trigger: Trigger
  readonly email: string
  readonly emailVerified: boolean
  /** Whether the person has a second factor. */
  readonly mfaEnrolled: boolean
  /** Whether the sign-in has reached level 2. */
  readonly mfaVerified: boolean
  readonly roles: readonly { readonly id: string; readonly name: string }[]
  /** The attributes of the user, and what the steps have learned. */
  readonly metadata: Readonly<Record<string, unknown>>
}

const scalar = z.union([z.string().max(1000), z.number(), z.boolean(), z.null()])
const key = z.string().min(1).max(100)

/** A predicate: all its members have to hold; without members it always holds. */
export interface Condition {
  readonly email_domain?: string | undefined
  readonly has_metadata?: string | undefined
  readonly metadata_eq?: Readonly<Record<string, z.output<typeof scalar>>> | undefined
  readonly trigger_eq?: Trigger | undefined
  readonly user_has_role?: string | undefined
  readonly email_verified?: boolean | undefined
  readonly mfa_enrolled?: boolean | undefined
  readonly mfa_verified?: boolean | undefined
  readonly all_of?: readonly Condition[] | undefined
  readonly any_of?: readonly Condition[] | undefined
  readonly not?: Condition | undefined
}

/** The schema of a condition. How deep it is nested is bounded by who reads it. */
export const Condition: z.ZodType<Condition> = z.lazy(() =>
  z
    .strictObject({
      email_domain: z
        .string()
        .max(253)
        .refine((text) => domainKey(text) !== undefined, 'not a domain'),
      has_metadata: key,
      metadata_eq: z
        .record(key, scalar)
        .refine((pairs) => Object.keys(pairs).length === 1, 'exactly one name with its value'),
      trigger_eq: z.enum(TRIGGERS),
      user_has_role: z.string().min(1).max(100),
      email_verified: z.boolean(),
      mfa_enrolled: z.boolean(),
      mfa_verified: z.boolean(),
      all_of: z.array(Condition).min(1).max(20),
      any_of: z.array(Condition).min(1).max(20),
      not: Condition,
    })
    .partial(),
)

/** Whether a condition holds. */
export function holds(condition: Condition, facts: ConditionFacts): boolean {
  const { metadata } = facts
  const has = (name: string) => Object.hasOwn(metadata, name)
  const tests: Readonly<Record<keyof Condition, () => boolean>> = {
    email_domain: () => domainOf(facts.email) === domainKey(condition.email_domain ?? ''),
    has_metadata: () => has(condition.has_metadata ?? ''),
    metadata_eq: () =>
      Object.entries(condition.metadata_eq ?? {}).every(([name, value]) => has(name) && metadata[name] === value),
    trigger_eq: () => facts.trigger === condition.trigger_eq,
    user_has_role: () => hasRole(facts, condition.user_has_role ?? ''),
    email_verified: () => facts.emailVerified === condition.email_verified,
    mfa_enrolled: () => facts.mfaEnrolled === condition.mfa_enrolled,
    mfa_verified: () => facts.mfaVerified === condition.mfa_verified,
    all_of: () => (condition.all_of ?? []).every((one) => holds(one, facts)),
    any_of: () => (condition.any_of ?? []).some((one) => holds(one, facts)),
    not: () => condition.not === undefined || !holds(condition.not, facts),
  }
  const given = Object.keys(condition) as (keyof Condition)[]
  return given.every((name) => condition[name] === undefined || tests[name]())
}

function domainOf(email: string): string | undefined {
  return domainKey(email.slice(email.lastIndexOf('@') + 1))
}

function hasRole({ roles }: ConditionFacts, named: string): boolean {
  const id = parseId('role', named)
  return roles.some((role) => role.id === id || nameKey(role.name) === nameKey(named))
}
