// Decides what an update changes, and turns the result of a versioned update into a Failure.
import { type Audited, type Change, changeBetween } from '#kernel/change.ts'
import { Failure } from '#kernel/error.ts'

/** The results of an update: done; another change came first; another row has the same unique key. */
export type UpdateOutcome = 'updated' | 'stale' | 'taken'

/**
 * @param inUseMessage the sentence for a unique key that another has
 * @throws Failure `precondition_failed` for a stale row, `already_exists` for a taken key
 */
export function checkUpdated(outcome: UpdateOutcome, inUseMessage: string): void {
  if (outcome === 'stale') throw new Failure('precondition_failed')
  if (outcome === 'taken') throw new Failure('already_exists', inUseMessage)
}

/** A patch without its undefined members. */
export function definedOnly<T extends object>(patch: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined)) as never
}

/**
 * A noun after some of its fields got new values, with its next version.
 * @returns undefined where every field has its value already: then nothing is written, and no event is emitted
 */
export function revise<Noun extends { readonly version: number; readonly updatedAt: number }>(
  { audited }: { readonly audited: Readonly<Record<string, Audited>> },
  before: Noun,
  values: { [Name in keyof Noun]?: Noun[Name] | undefined },
  now: number,
): { readonly after: Noun; readonly change: Change } | undefined {
  const after: Noun = { ...before, ...definedOnly(values), version: before.version + 1, updatedAt: now }
  const change = changeBetween(audited, before, after)
  return change && { after, change }
}
