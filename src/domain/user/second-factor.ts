// What a user may have to prove besides a password. Each kind says whether a user has one, and takes it away.
import type { Unit } from '../context.ts'
import type { User } from './user.ts'

/** A kind of second factor. */
export interface SecondFactor {
  readonly kind: string
  /** Whether a user has set one up. */
  readonly isSetUp: (user: User) => boolean
  /** Takes all of a user’s away, inside a write. */
  readonly remove: (unit: Unit, userId: string, now: number) => Promise<void>
}

/** Every kind there is. */
export const SECOND_FACTORS: readonly SecondFactor[] = []

/** Whether a user has any. */
export function hasSecondFactor(user: User): boolean {
  return SECOND_FACTORS.some(({ isSetUp }) => isSetUp(user))
}
