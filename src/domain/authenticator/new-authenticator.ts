// Makes authenticators that are ready to be added, and reads the key of an app.
import type { Context } from '../context.ts'
import type { User } from '../user/user.ts'
import type { Authenticator, AuthenticatorKind } from './authenticator.ts'
import { type Credential, credentialKey } from './credential.ts'
import { recoveryDigest } from './recovery-codes.ts'

/** What the key of an app is encrypted for. */
const SEALED = 'totp-key'

type Needs = Pick<Context, 'clock' | 'crypto' | 'random' | 'scope'>

/**
 * An authenticator app.
 * @param key base32
 * @param step the time step of the code with which the user proved to have it; that code works no more
 */
export function newTotp(context: Needs, userId: string, { key, step }: { key: string; step: number }): Authenticator {
  const secret = context.crypto.seal(SEALED, key)
  return { ...newAuthenticator(context, userId, 'totp'), name: 'Authenticator app', secret, counter: step }
}

/** The key of an authenticator app, in base32. */
export function totpKeyOf({ crypto }: Pick<Context, 'crypto'>, { secret }: Pick<Authenticator, 'secret'>): string {
  return crypto.open(SEALED, secret)
}

/** What the number of a telephone is encrypted for. */
const SEALED_NUMBER = 'sms-number'

/** A telephone number that gets codes. @param number E.164 @param shown what of it is shown */
export function newSms(context: Needs, userId: string, number: string, shown: string): Authenticator {
  const secret = context.crypto.seal(SEALED_NUMBER, number)
  return { ...newAuthenticator(context, userId, 'sms'), name: shown, secret, counter: null }
}

/** The number of a telephone (E.164). */
export function smsNumberOf({ crypto }: Pick<Context, 'crypto'>, { secret }: Pick<Authenticator, 'secret'>): string {
  return crypto.open(SEALED_NUMBER, secret)
}

/** A set of recovery codes, of which only the digests are kept. */
export function newRecoverySet(context: Needs, userId: string, codes: readonly string[]): Authenticator {
  const digests = codes.map((code) => recoveryDigest(context.crypto, userId, code))
  const made = newAuthenticator(context, userId, 'recovery_code')
  return { ...made, name: 'Recovery codes', secret: JSON.stringify(digests), counter: null }
}

/** What a passkey is made of: the credential, its public key, and the first signature counter. */
export interface VerifiedCredential {
  readonly credential: Credential
  /** A COSE_Key (RFC 9052 §7) in base64url. */
  readonly publicKey: string
  readonly signCount: number
}

/** A passkey of a user of a directory. */
export function newPasskey(
  context: Needs,
  { id: userId, directoryId }: Pick<User, 'id' | 'directoryId'>,
  name: string,
  { credential, publicKey, signCount }: VerifiedCredential,
): Authenticator {
  return {
    ...newAuthenticator(context, userId, 'passkey'),
    name,
    secret: publicKey,
    counter: signCount,
    credentialKey: credentialKey(context.crypto, directoryId, credential.id),
    credential,
  }
}

function newAuthenticator({ clock, random, scope }: Needs, userId: string, kind: AuthenticatorKind) {
  return {
    id: random.id(),
    tenantId: scope.tenantId,
    userId,
    kind,
    createdAt: clock.now(),
    lastUsedAt: null,
    credentialKey: null,
    credential: null,
  }
}
