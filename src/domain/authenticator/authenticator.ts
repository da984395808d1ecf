// The fields, kinds and views of authenticators: what a user has to prove who it is (NIST SP 800-63B §5.1).
import * as z from 'zod'
import { declare, type NounOf } from '#kernel/declaration.ts'
import { constant } from '#kernel/declared-fields.ts'
import { idOf, idOut, time } from '#kernel/field.ts'
import { listQuery } from '#kernel/page.ts'
import { CREDENTIAL, Credential, PasskeyView, viewCredential } from './credential.ts'

/**
 * totp: an app that computes one-time passwords (RFC 6238). sms: a telephone number that gets codes. passkey: a WebAuthn credential. recovery_code: a set of codes
 * for users who lost everything else, each of which works once (a look-up secret, NIST SP 800-63B §5.1.2).
 */
export const AUTHENTICATOR_KINDS = ['totp', 'sms', 'passkey', 'recovery_code'] as const
export type AuthenticatorKind = (typeof AUTHENTICATOR_KINDS)[number]

/** How many authenticators of a kind a user can have. */
export const AUTHENTICATORS_MAX: Readonly<Record<AuthenticatorKind, number>> = {
  totp: 5,
  sms: 3,
  passkey: 20,
  recovery_code: 1,
}

/** The fields of an authenticator. */
export const AuthenticatorFields = declare({
  id: constant(idOut('authenticator')),
  tenantId: constant(idOut('tenant')),
  userId: constant(idOut('user')),
  kind: constant(z.enum(AUTHENTICATOR_KINDS)),
  name: constant(z.string()),
  /** The sealed secret of an app, the sealed number of a telephone, the public key of a passkey (COSE_Key, base64url), or the keyed digests of codes as JSON. */
  secret: constant(z.string(), { view: null }),
  /** The time step of the last accepted code, the time of the last code of a telephone, or the signature counter of a passkey; null before the first code. */
  counter: constant(z.number().int().nullable(), { view: null }),
  /** What identifies a passkey in the tenant: see `credentialKey`. Null for other kinds. */
  credentialKey: constant(z.string().nullable(), { view: null }),
  /** The credential of a passkey; null for other kinds. */
  credential: constant(Credential.nullable(), { view: null, codec: CREDENTIAL }),
  createdAt: constant(time),
  lastUsedAt: constant(time.nullable()),
})

/** An authenticator of a user. */
export type Authenticator = NounOf<typeof AuthenticatorFields>

/** The schema of an authenticator in admin responses, without its secret. */
export const AuthenticatorView = z.object({
  ...AuthenticatorFields.view,
  codesLeft: z.number().int().nullable().describe('How many recovery codes are left; null for another kind.'),
  passkey: PasskeyView.nullable().describe('What is known of a passkey; null for another kind.'),
})
export type AuthenticatorView = z.output<typeof AuthenticatorView>

export const AuthenticatorQuery = listQuery('created_at').extend({
  id: idOf('user'),
  kind: z.enum(AUTHENTICATOR_KINDS).optional().describe('Only authenticators of this kind.'),
})
export type AuthenticatorQuery = z.output<typeof AuthenticatorQuery>

export const AuthenticatorOfUser = z.strictObject({ id: idOf('user'), authenticatorId: idOf('authenticator') })
export type AuthenticatorOfUser = z.output<typeof AuthenticatorOfUser>

/** Returns the view of an authenticator, without its secret. */
export function viewAuthenticator(authenticator: Authenticator): AuthenticatorView {
  const { kind, secret, credential } = authenticator
  const codesLeft = kind === 'recovery_code' ? digestsOf(secret).length : null
  return { ...AuthenticatorFields.show(authenticator), codesLeft, passkey: credential && viewCredential(credential) }
}

/** The digests of the recovery codes that are left. */
export function digestsOf(secret: string): readonly string[] {
  return JSON.parse(secret)
}
