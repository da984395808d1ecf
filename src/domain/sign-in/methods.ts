// The table of the methods with which users sign in, and what a set of proven methods is worth.
import type { AuthenticatorKind } from '../authenticator/authenticator.ts'
import type { Realm } from '../realm/realm.ts'
import type { User } from '../user/user.ts'

/** What kind of factor a method proves (NIST SP 800-63B §4). */
export type FactorKind = 'knowledge' | 'possession' | 'inherence'

/** The ways to sign in that a client can choose among. A recovery code is a code of an app. */
export const SIGN_IN_METHODS = ['password', 'email', 'passkey', 'external', 'totp', 'sms'] as const
export type SignInMethod = (typeof SIGN_IN_METHODS)[number]

/** What says which methods are on: the realm, and the client, if the sign-in is for one that does not take all. */
export interface MethodSettings extends Pick<Realm, 'policy' | 'passkeyEnabled' | 'magicLinkEnabled'> {
  /** Of the methods of the realm, those that count; null or undefined for all. */
  readonly signInMethods?: readonly SignInMethod[] | null
}

/** What a person has set up. */
export interface SetUp {
  readonly user: Pick<User, 'passwordSetAt'>
  readonly authenticators: ReadonlySet<AuthenticatorKind>
}

/** One way to prove who one is. */
export interface Method {
  /** Its authentication method references (RFC 8176). */
  readonly amr: readonly string[]
  /** Whether a sign-in can begin with it. */
  readonly isFirst: boolean
  /** Whether it can be asked for after another one. */
  readonly isSecond: boolean
  /** The kinds of factors that it proves; two of them are multi-factor authentication by themselves. */
  readonly factors: readonly FactorKind[]
  /** The way to sign in that a client names. */
  readonly way: SignInMethod
  readonly isOn: (realm: MethodSettings) => boolean
  readonly isSetUp: (person: SetUp) => boolean
}

/** Every method. Its order is the order of the values of `amr`, and of the choices that a page offers. */
export const METHODS = {
  password: {
    amr: ['pwd'],
    isFirst: true,
    isSecond: false,
    factors: ['knowledge'],
    way: 'password',
    isOn: () => true,
    isSetUp: ({ user }) => user.passwordSetAt !== null,
  },
  // A link or a code in a mail, used in the browser that asked for it: two channels (RFC 8176, mca). Whoever has the mailbox
  // can set the password, so that both together are one factor, and never two.
  email: {
    amr: ['mca'],
    isFirst: true,
    isSecond: false,
    factors: ['knowledge'],
    way: 'email',
    isOn: ({ magicLinkEnabled }) => magicLinkEnabled,
    isSetUp: () => true,
  },
  // Every use of a passkey here demands user verification, by a PIN or a biometric.
  passkey: {
    amr: ['swk', 'user'],
    isFirst: true,
    isSecond: true,
    factors: ['possession', 'inherence'],
    way: 'passkey',
    isOn: ({ passkeyEnabled }) => passkeyEnabled,
    isSetUp: ({ authenticators }) => authenticators.has('passkey'),
  },
  // A passkey that stays on its device. Nothing attests that its key is in hardware.
  device_passkey: {
    amr: ['hwk', 'user'],
    isFirst: true,
    isSecond: true,
    factors: ['possession', 'inherence'],
    way: 'passkey',
    isOn: ({ passkeyEnabled }) => passkeyEnabled,
    isSetUp: ({ authenticators }) => authenticators.has('passkey'),
  },
  // What an identity provider asked for is not known here; it counts as one factor, as a password does. RFC 8176 has no
  // value for it; `fed` is that of Microsoft Entra.
  external: {
    amr: ['fed'],
    isFirst: true,
    isSecond: false,
    factors: ['knowledge'],
    way: 'external',
    isOn: () => true,
    isSetUp: () => false,
  },
  totp: {
    amr: ['otp'],
    isFirst: false,
    isSecond: true,
    factors: ['possession'],
    way: 'totp',
    isOn: ({ policy }) => policy.totpEnabled,
    isSetUp: ({ authenticators }) => authenticators.has('totp'),
  },
  // A restricted authenticator (NIST SP 800-63B §3.1.3.3): whoever takes over the number gets the code.
  sms: {
    amr: ['sms'],
    isFirst: false,
    isSecond: true,
    factors: ['possession'],
    way: 'sms',
    isOn: ({ policy }) => policy.smsEnabled,
    isSetUp: ({ authenticators }) => authenticators.has('sms'),
  },
  // RFC 8176 has no value for look-up secrets. Each is a one-time password that the user keeps.
  recovery_code: {
    amr: ['otp'],
    isFirst: false,
    isSecond: true,
    factors: ['possession'],
    way: 'totp',
    isOn: ({ policy, passkeyEnabled }) => policy.totpEnabled || policy.smsEnabled || passkeyEnabled,
    isSetUp: ({ authenticators }) => authenticators.has('recovery_code'),
  },
} as const satisfies Readonly<Record<string, Method>>

export type MethodName = keyof typeof METHODS

/** The names of all methods, in the order of the table. */
export const METHOD_NAMES = Object.keys(METHODS) as readonly MethodName[]

/** What a sign-in is worth. */
export interface Assurance {
  /** The authentication assurance level, 1 or 2. */
  readonly aal: number
  /** The authentication method references (RFC 8176). */
  readonly amr: readonly string[]
}

/**
 * What a set of proven methods is worth: level 2 for two kinds of factors, by one method or by several (NIST SP 800-63B
 * §4.2). Two methods of one kind are level 1.
 */
export function assuranceOf(proven: readonly MethodName[]): Assurance {
  const rows = METHOD_NAMES.filter((name) => proven.includes(name)).map(rowOf)
  const isMultiFactor = new Set(rows.flatMap(({ factors }) => factors)).size > 1
  const amr = new Set(rows.flatMap((method) => method.amr))
  return { aal: isMultiFactor ? 2 : 1, amr: [...amr, ...(isMultiFactor ? ['mfa'] : [])] }
}

/** The highest level that sign-ins reach with the methods that are on; 0 if no sign-in can begin with them. */
export function reachableAal(settings: MethodSettings): number {
  return levelOf(METHOD_NAMES.filter((name) => isTaken(name, settings) && rowOf(name).isOn(settings)))
}

/** Whether a method counts for a client. @param settings.signInMethods those of the client */
export function isTaken(name: MethodName, { signInMethods }: Pick<MethodSettings, 'signInMethods'>): boolean {
  return signInMethods?.includes(rowOf(name).way) ?? true
}

/**
 * The level that a session has for a client: of its methods, only those that the client takes count.
 * @returns 0 if the sign-in did not begin with one of them
 */
export function levelFor(
  session: { readonly aal: number; readonly amr: readonly string[] },
  settings: Pick<MethodSettings, 'signInMethods'>,
): number {
  if (!settings.signInMethods) return session.aal
  return levelOf(
    METHOD_NAMES.filter(
      (name) => isTaken(name, settings) && rowOf(name).amr.every((value) => session.amr.includes(value)),
    ),
  )
}

function levelOf(methods: readonly MethodName[]): number {
  return methods.some((name) => rowOf(name).isFirst) ? assuranceOf(methods).aal : 0
}

/** The row of a method. */
export function rowOf(name: MethodName): Method {
  return METHODS[name]
}

/** The first methods that references of a session stand for. */
export function firstMethodsOf(amr: readonly string[]): MethodName[] {
  return METHOD_NAMES.filter((name) => rowOf(name).isFirst && rowOf(name).amr.every((value) => amr.includes(value)))
}
