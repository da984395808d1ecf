// A place of sign-ins that keeps nothing, for tests of sign-ins without pages.
import type { SignInPlace } from '#domain/sign-in/open-session.ts'

/** @param previous the session of the browser, if it has one */
export function anyPlace(previous: SignInPlace['previous'] = async () => undefined): SignInPlace {
  const nothing = async () => undefined
  return {
    aal: 1,
    signInMethods: null,
    device: undefined,
    remember: false,
    previous,
    begun: nothing,
    proven: nothing,
    keep: nothing,
    also: nothing,
  }
}
