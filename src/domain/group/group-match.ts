/** One thing that a group has to fulfil to be found by it. */
export type GroupCondition =
  | { readonly of: 'id'; readonly value: string }
  | { readonly of: 'externalId'; readonly value: string }
  /** That a user or a group is directly in it. */
  | { readonly of: 'member'; readonly value: string }
  | { readonly of: 'name'; readonly as: 'equal' | 'start'; readonly value: string }
  | { readonly of: 'updatedAt'; readonly as: 'after' | 'from' | 'before' | 'until'; readonly time: number }

/** A user or a group directly inside a group. */
export interface DirectMember {
  readonly groupId: string
  readonly noun: 'user' | 'group'
  readonly id: string
  /** What people call it. */
  readonly name: string
}

/** Users and groups. */
export interface Members {
  readonly userIds: readonly string[]
  readonly groupIds: readonly string[]
}

/** Who is to be directly in a group. */
export interface MemberChange {
  /** Whether it starts from nobody; who is there already stays otherwise. */
  readonly anew: boolean
  readonly add: Members
  readonly remove: Members
}
