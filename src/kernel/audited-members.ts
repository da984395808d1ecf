// Knows of each noun which members the events of its changes tell of, how, and what their values are, so that surfaces
// can write them.
import type * as z from 'zod'
import type { Audited } from './change.ts'

interface Member {
  readonly audited: Audited
  readonly schema: z.ZodType
}

const nouns = new Map<string, Readonly<Record<string, Member>>>()

/** Says what the events of a noun's changes tell of. */
export function registerAuditedMembers(
  noun: string,
  audited: Readonly<Record<string, Audited>>,
  schemas: Readonly<Record<string, z.ZodType>>,
): void {
  const members = Object.entries(audited).flatMap(([name, how]) => {
    const schema = schemas[name]
    return schema ? [[name, { audited: how, schema }]] : []
  })
  nouns.set(noun, Object.fromEntries(members))
}

/** What the events of a noun's changes tell of; nothing for a noun that does not change. */
export function auditedMembersOf(noun: string): Readonly<Record<string, Member>> {
  return nouns.get(noun) ?? {}
}

/** The nouns whose changes events tell of. */
export function nounsThatChange(): readonly string[] {
  return [...nouns.keys()].sort()
}
