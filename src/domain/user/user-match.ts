// The conditions by which users are found.
import type { User } from './user.ts'

/** One condition that a user must match. */
export type UserCondition =
  | { readonly of: 'id' | 'email' | 'group'; readonly value: string }
  | { readonly of: 'externalId'; readonly value: string }
  /** The user name, or the address of a user without a user name. */
  | { readonly of: 'signInName'; readonly value: string }
  | { readonly of: 'name'; readonly as: 'equal' | 'start'; readonly value: string }
  | { readonly of: 'status'; readonly value: User['status'] }
  | { readonly of: 'updatedAt'; readonly as: 'after' | 'from' | 'before' | 'until'; readonly time: number }

/** The part of the matches to return. */
export interface Window {
  /** The number of matches to skip. */
  readonly offset: number
  readonly limit: number
}

/** The users that match all conditions: a part of them, and their number. */
export interface Matches<Item> {
  readonly data: Item[]
  readonly total: number
}

/** A group of a user, direct or through a nested group. */
export interface GroupOfUser {
  readonly userId: string
  readonly id: string
  readonly name: string
  readonly isDirect: boolean
}
