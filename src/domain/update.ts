import { Failure } from '#kernel/error.ts'

/** How writing a row back may end: done; another change came first; another row has a key that must be unique. */
export type UpdateOutcome = 'updated' | 'stale' | 'taken'

/**
 * @param taken the sentence for a unique key that another has
 * @throws Failure `precondition_failed` for a stale row, `already_exists` for a taken key
 */
export function checkUpdated(outcome: UpdateOutcome, taken: string): void {
  if (outcome === 'stale') throw new Failure('precondition_failed')
  if (outcome === 'taken') throw new Failure('already_exists', taken)
}

/** A patch without the members that were not given. */
export function givenOnly<T extends object>(patch: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined)) as never
}
