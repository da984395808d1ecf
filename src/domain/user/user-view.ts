// The view of a user.
import { hasSecondFactor } from './second-factor.ts'
import { type User, UserFields, type UserView } from './user.ts'

/** Returns the view of a user, without internal fields. */
export function viewUser(user: User): UserView {
  return {
    ...UserFields.show(user),
    hasPassword: user.passwordSetAt !== null,
    hasSecondFactor: hasSecondFactor(user),
  }
}
