import type { User } from './user.ts'

/** One thing that a user has to fulfil to be found by it. */
export type UserCondition =
  | { readonly of: 'id' | 'email' | 'group'; readonly value: string }
  | { readonly of: 'externalId'; readonly value: string }
  /** The user name, or the address of who has none. */
  | { readonly of: 'signInName'; readonly value: string }
  | { readonly of: 'name'; readonly as: 'equal' | 'start'; readonly value: string }
  | { readonly of: 'status'; readonly value: User['status'] }
  | { readonly of: 'updatedAt'; readonly as: 'after' | 'from' | 'before' | 'until'; readonly time: number }

/** Which of those that were found are wanted. */
export interface Window {
  /** How many are passed over. */
  readonly offset: number
  readonly limit: number
}

/** A group that a user belongs to, directly or by a group inside it. */
export interface GroupOfUser {
  readonly userId: string
  readonly id: string
  readonly name: string
  readonly isDirect: boolean
}
