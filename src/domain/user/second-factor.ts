// The kinds of second factors. Each kind tells whether a user has one, and can remove it.
import type { Unit } from '../context.ts'
import type { User } from './user.ts'

/** A kind of second factor. */
export interface SecondFactor {
  readonly kind: string
  /** Whether a user has one. */
  readonly isSetUp: (user: User) => boolean
  /** Removes all of a user’s, inside a write. */
  readonly remove: (unit: Unit, userId: string, now: number) => Promise<void>
}

/** All kinds. */
export const SECOND_FACTORS: readonly SecondFactor[] = []

/** Whether a user has any second factor. */
export function hasSecondFactor(user: User): boolean {
  return SECOND_FACTORS.some(({ isSetUp }) => isSetUp(user))
}
