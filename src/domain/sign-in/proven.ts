// What a person has proven in a sign-in that is not finished. It opens nothing: there is no session until all is proven.
import type { Joining } from '../external-sign-in/joining.ts'
import { FLOW_LIFETIME, type FlowProgress } from '../flow/run-state.ts'
import type { User } from '../user/user.ts'
import type { MethodName } from './methods.ts'

/** For how long a proven factor counts while the next one is asked for. Milliseconds. */
const PROVEN_LIFETIME = 600_000

/** A code that was sent to a telephone of a person. */
export interface SentCode {
  /** The authenticator whose number it is. */
  readonly authenticatorId: string
  /** The code, as a keyed digest. */
  readonly digest: string
  /** When it works no more: milliseconds since 1970. */
  readonly until: number
}

/** The factors that a person has proven for a request that waits in one browser. */
export interface Proven {
  readonly userId: string
  readonly methods: readonly MethodName[]
  /** When the first of them was proven: milliseconds since 1970. */
  readonly at: number
  /** When the password that the person had then was set: with another one, all begins again. */
  readonly passwordSetAt: number | null
  /** When the person signed in at the identity provider, 0 where it does not say; undefined for what was proven here. */
  readonly authenticatedAt?: number | undefined
  /** The authenticator app that the person sets up meanwhile, encrypted. */
  readonly enrolment?: string | undefined
  /** The code that was sent to a telephone; undefined before one is asked for, and once it is used. */
  readonly sms?: SentCode | undefined
  /** What was measured of the password that the person typed, encrypted. */
  readonly typed?: string | undefined
  /** The organization that the person joins at the end; undefined for none. */
  readonly joining?: Joining | undefined
  /** What flows have to do with the sign-in; undefined before all is proven that the realm demands. */
  readonly flows?: FlowProgress | undefined
  /** The digest of what the form said that led to a flow, for a double click. */
  readonly ledToFlow?: string | undefined
  /** Set once the sign-in is finished: the digest of what the last form said, for a double click. */
  readonly answer?: string | undefined
}

/** What a user proves first. @param authenticatedAt when it was proven at an identity provider, 0 where it does not say */
export function firstProven(user: User, methods: readonly MethodName[], now: number, authenticatedAt?: number): Proven {
  return { userId: user.id, methods, at: now, passwordSetAt: user.passwordSetAt, authenticatedAt }
}

/** Whether proven factors still count: they are not too old, and the sign-in is not finished. */
export function isPending({ at, answer, flows }: Proven, now: number): boolean {
  return answer === undefined && now < at + (flows?.run ? FLOW_LIFETIME : PROVEN_LIFETIME)
}

/** Whether they are still those of an active user with the same password. */
export function isStillOf(proven: Proven, user: User | undefined): user is User {
  return user?.status === 'active' && user.id === proven.userId && user.passwordSetAt === proven.passwordSetAt
}
