// Sets up passkeys of users, renames them, and has them answer challenges.
import { Failure } from '#kernel/error.ts'
import { tellOfAuthenticator } from '../account/authenticator-notice.ts'
import { checkMayChange } from '../account/own-level.ts'
import type { Context, Unit } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { issuerOf } from '../realm/realm.ts'
import type { Session } from '../session/session.ts'
import type { User } from '../user/user.ts'
import { addAuthenticator } from './authenticator.service.ts'
import type { Authenticator } from './authenticator.ts'
import { type Credential, credentialKey } from './credential.ts'
import { newPasskey, newRecoverySet } from './new-authenticator.ts'
import { type AnsweredCeremony, type CarriedCeremony, consumeChallenge } from './passkey-ceremony.ts'
import { providerOf } from './passkey-provider.ts'
import { type AssertionResponse, readRegistration } from './passkey-response.ts'
import { PASSKEY_ALGORITHMS, verifyAssertion, verifyRegistration } from './passkey-verification.ts'
import { newRecoveryCodes } from './recovery-codes.ts'
import { type RelyingParty, relyingPartyOf } from './relying-party.ts'

/** A passkey of which the answer is verified, before its use is recorded. */
export interface VerifiedPasskey {
  readonly passkey: Passkey
  readonly signCount: number
  readonly backedUp: boolean
}

/** A passkey that was just added. */
export interface AddedPasskey {
  readonly passkey: Authenticator
  /** Recovery codes, which are shown once. */
  readonly codes: readonly string[] | undefined
}

/** Who adds a passkey, in which session. */
export interface PasskeyOwner {
  readonly user: Pick<User, 'id' | 'directoryId'>
  readonly session: Pick<Session, 'aal'>
}

/** An authenticator that has a credential. */
export type Passkey = Authenticator & { readonly credential: Readonly<Credential> }

/** The relying party of the context's realm; undefined where the realm has no passkeys. */
export function partyOf({ registry, scope }: Pick<Context, 'registry' | 'scope'>): RelyingParty | undefined {
  const realm = realmOf(scope)
  return realm.passkeyEnabled ? relyingPartyOf(issuerOf(realm, registry.settings)) : undefined
}

/** The passkeys that work at the context's realm, of all authenticators of a user. */
export function passkeysAt(party: RelyingParty | undefined, all: readonly Authenticator[]): Passkey[] {
  return all.filter((one): one is Passkey => one.credential !== null && one.credential.rpId === party?.id)
}

/** What a browser is asked for to make a passkey (PublicKeyCredentialCreationOptionsJSON, WebAuthn §5.1.9). */
export function creationOptions(
  { scope }: Pick<Context, 'scope'>,
  user: User,
  { challenge }: CarriedCeremony,
  { party, known }: { readonly party: RelyingParty; readonly known: readonly Passkey[] },
) {
  return {
    rp: { id: party.id, name: realmOf(scope).name },
    user: { id: userHandleOf(user.id), name: user.email, displayName: user.name ?? user.email },
    challenge,
    pubKeyCredParams: PASSKEY_ALGORITHMS.map((alg) => ({ type: 'public-key', alg })),
    timeout: 300_000,
    attestation: 'none',
    authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
    excludeCredentials: known.map(({ credential }) => descriptorOf(credential)),
  }
}

/**
 * What a browser is asked for to use a passkey (PublicKeyCredentialRequestOptionsJSON, WebAuthn §5.1.10).
 * @param of the passkeys that are meant; none for whatever passkey the person has, so that nothing tells of accounts
 */
export function requestOptions(party: RelyingParty, { challenge }: CarriedCeremony, of: readonly Passkey[] = []) {
  return {
    rpId: party.id,
    challenge,
    timeout: 300_000,
    userVerification: 'required',
    allowCredentials: of.map(({ credential }) => descriptorOf(credential)),
  }
}

/**
 * Adds a passkey that a browser just made. The challenge is used up before the answer is verified. The person is told by
 * mail.
 * @param answer the JSON of the browser
 * @returns the passkey; and recovery codes, if it is the first second factor of the user
 * @throws Failure `invalid_request` for an answer that is not right, `expired` for a challenge that was used,
 *   `forbidden` for one of another user, `already_exists`, `limit_reached`, `not_found` if the user is not active,
 *   `unmet_authentication_requirements` as `checkMayChange`
 */
export async function addPasskey(
  context: Context,
  { user: { id, directoryId }, session }: PasskeyOwner,
  ceremony: AnsweredCeremony,
  answer: string | undefined,
): Promise<AddedPasskey> {
  const party = partyOf(context)
  if (!party) throw new Failure('forbidden', 'This realm has no passkeys.')
  if (ceremony.userId !== id) throw new Failure('forbidden', 'The form was made for another account.')
  const response = readRegistration(answer)
  await context.write((unit) => consumeChallenge(unit, ceremony))
  const verified = await verifyRegistration(context.crypto, response, { challenge: ceremony.challenge, party })
  if (!verified) throw new Failure('invalid_request', 'The answer of the passkey is not right.')
  const name = providerOf(verified.credential.aaguid) ?? 'Passkey'
  return context.write(async (unit) => {
    const user = await unit.users.lock(directoryId, id)
    if (user?.status !== 'active') throw new Failure('not_found')
    checkMayChange(context, user, session)
    const passkey = newPasskey(context, user, name, verified)
    const isFirst = (await unit.authenticators.allOf(id)).length === 0
    await addAuthenticator(unit, user, passkey)
    const codes = isFirst ? newRecoveryCodes(context.random) : undefined
    if (codes) await addAuthenticator(unit, user, newRecoverySet(context, id, codes))
    await tellOfAuthenticator(context, unit, user, 'passkey_added', passkey.name)
    return { passkey, codes }
  })
}

/** Gives a passkey of a user another name. @throws Failure `not_found` */
export async function renamePasskey(
  context: Context,
  { id: userId, directoryId }: Pick<User, 'id' | 'directoryId'>,
  { id, name }: { readonly id: string; readonly name: string },
): Promise<void> {
  await context.write(async (unit) => {
    const user = await unit.users.lock(directoryId, userId)
    const passkey = (await unit.authenticators.allOf(userId)).find((one) => one.id === id && one.kind === 'passkey')
    if (!user || !passkey) throw new Failure('not_found')
    await unit.authenticators.rename(passkey, name)
    unit.emit('authenticator.renamed', {
      subject: { type: 'authenticator', id, label: name },
      data: { kind: passkey.kind, userId, before: passkey.name },
    })
  })
}

/** The passkey that an answer names, at the context's realm; undefined for none. It writes nothing. */
export async function namedPasskey(context: Context, { id }: AssertionResponse): Promise<Passkey | undefined> {
  const { crypto, read, scope } = context
  const found = await read.authenticators.findByCredential(credentialKey(crypto, realmOf(scope).directoryId, id))
  return found && passkeysAt(partyOf(context), [found])[0]
}

/**
 * Verifies an answer by a passkey. The challenge is used up before.
 * @returns undefined for an answer that is not right, or that names another user than the passkey's
 * @throws Failure `expired` for a challenge that was used
 */
export async function verifyPasskey(
  context: Context,
  ceremony: AnsweredCeremony,
  passkey: Passkey,
  response: AssertionResponse,
): Promise<VerifiedPasskey | undefined> {
  const party = partyOf(context)
  await context.write((unit) => consumeChallenge(unit, ceremony))
  if (!party || (ceremony.userId !== null && ceremony.userId !== passkey.userId)) return undefined
  const { userHandle } = response.response
  // A passkey that was found without naming it says whose it is (WebAuthn §7.2).
  const namesUser = userHandle === userHandleOf(passkey.userId)
  if (!namesUser && (userHandle || ceremony.userId === null)) return undefined
  const verified = await verifyAssertion(response, { challenge: ceremony.challenge, party }, passkey)
  return verified && { passkey, ...verified }
}

/**
 * Records the use of a passkey inside a write.
 * @returns false if its signature counter did not grow, so that there may be a copy of it (WebAuthn §6.1.1)
 */
export function recordUse(
  { clock }: Pick<Context, 'clock'>,
  unit: Unit,
  { passkey, signCount, backedUp }: VerifiedPasskey,
): Promise<boolean> {
  const used = { ...passkey, credential: { ...passkey.credential, backedUp } }
  return unit.authenticators.recordUse(used, signCount, clock.now())
}

/** What authenticators know a user by: nothing that tells who it is (WebAuthn §14.6.1). */
function userHandleOf(userId: string): string {
  return Buffer.from(userId).toString('base64url')
}

function descriptorOf({ id, transports }: Readonly<Credential>) {
  return { type: 'public-key', id, transports }
}
