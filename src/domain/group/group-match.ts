// The conditions by which groups are found.

/** One condition that a group must match. */
export type GroupCondition =
  | { readonly of: 'id'; readonly value: string }
  | { readonly of: 'externalId'; readonly value: string }
  /** A user or a group is a direct member. */
  | { readonly of: 'member'; readonly value: string }
  | { readonly of: 'name'; readonly as: 'equal' | 'start'; readonly value: string }
  | { readonly of: 'updatedAt'; readonly as: 'after' | 'from' | 'before' | 'until'; readonly time: number }

/** A direct member of a group: a user or a group. */
export interface DirectMember {
  readonly groupId: string
  readonly noun: 'user' | 'group'
  readonly id: string
  /** The display name. */
  readonly name: string
}

/** Users and groups. */
export interface Members {
  readonly userIds: readonly string[]
  readonly groupIds: readonly string[]
}

/** The direct members that a group should have. */
export interface MemberChange {
  /** Whether all other members are removed; otherwise they stay. */
  readonly anew: boolean
  readonly add: Members
  readonly remove: Members
}
