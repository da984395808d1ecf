// The view of a user.
import { type User, UserFields, type UserView } from './user.ts'

/** Returns the view of a user, without internal fields. */
export function viewUser(user: User): UserView {
  return {
    ...UserFields.show(user),
    hasPassword: user.passwordSetAt !== null,
    hasSecondFactor: user.secondFactors > 0,
  }
}
