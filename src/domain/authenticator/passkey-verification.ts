// Verifies answers of passkeys (WebAuthn Level 3 §7.1, §7.2) by a library, and what the library leaves to its user.
import type { Uint8Array_ } from '@simplewebauthn/server'
import { checkClientKeys } from '../client/client-keys.ts'
import type { Crypto } from '../outside.ts'
import type { Authenticator } from './authenticator.ts'
import type { Credential } from './credential.ts'
import type { VerifiedCredential } from './new-authenticator.ts'
import { type AssertionResponse, knownTransports, type RegistrationResponse } from './passkey-response.ts'
import type { RelyingParty } from './relying-party.ts'

/** The COSE algorithms that a credential can have: ES256, RS256 and EdDSA with Ed25519 (RFC 9053, RFC 8812). */
export const PASSKEY_ALGORITHMS = [-7, -257, -8] as const

/** What an answer has to match. */
export interface Expected {
  readonly challenge: string
  readonly party: RelyingParty
}

/** What a verified answer tells. */
export interface VerifiedAssertion {
  readonly signCount: number
  readonly backedUp: boolean
}

/**
 * Verifies a new credential. Its attestation is not asked for, and not looked at.
 * @returns undefined for whatever is not right
 */
export async function verifyRegistration(
  { isPublicKey }: Pick<Crypto, 'isPublicKey'>,
  response: RegistrationResponse,
  { challenge, party }: Expected,
): Promise<VerifiedCredential | undefined> {
  if (!isOnOwnPage(response.response.clientDataJSON)) return undefined
  const [{ verifyRegistrationResponse }, library] = await load()
  try {
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: withoutAttestation(library, response),
      expectedChallenge: challenge,
      expectedOrigin: party.origin,
      expectedRPID: party.id,
      requireUserVerification: true,
      supportedAlgorithmIDs: [...PASSKEY_ALGORITHMS],
    })
    if (!verified || registrationInfo.credential.id !== response.id) return undefined
    const { credential, aaguid, credentialDeviceType, credentialBackedUp } = registrationInfo
    const jwk = jwkOf(
      library.decodeCredentialPublicKey(credential.publicKey) as unknown as ReadonlyMap<number, unknown>,
    )
    if (!jwk || checkClientKeys({ keys: [jwk] }).length > 0 || !isPublicKey(jwk)) return undefined
    return {
      credential: {
        id: credential.id,
        rpId: party.id,
        transports: knownTransports(response.response.transports ?? []),
        aaguid,
        backupEligible: credentialDeviceType === 'multiDevice',
        backedUp: credentialBackedUp,
      },
      publicKey: library.isoBase64URL.fromBuffer(credential.publicKey),
      signCount: credential.counter,
    }
  } catch {
    // The library throws for each check that fails, and for bytes that it cannot decode.
    return undefined
  }
}

/**
 * Verifies an answer by a passkey, except whether its signature counter grew.
 * @returns undefined for whatever is not right
 */
export async function verifyAssertion(
  response: AssertionResponse,
  { challenge, party }: Expected,
  { secret, credential }: Pick<Authenticator, 'secret'> & { readonly credential: Readonly<Credential> },
): Promise<VerifiedAssertion | undefined> {
  if (!isOnOwnPage(response.response.clientDataJSON) || credential.rpId !== party.id) return undefined
  const [{ verifyAuthenticationResponse }, { isoBase64URL }] = await load()
  const { userHandle, ...rest } = response.response
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: {
        ...response,
        response: { ...rest, ...(userHandle && { userHandle }) },
        clientExtensionResults: {},
      },
      expectedChallenge: challenge,
      expectedOrigin: party.origin,
      expectedRPID: party.id,
      requireUserVerification: true,
      credential: { id: credential.id, publicKey: isoBase64URL.toBuffer(secret), counter: 0 },
    })
    const { newCounter, credentialDeviceType, credentialBackedUp } = authenticationInfo
    // WebAuthn §7.2: whether a credential can be backed up never changes.
    const isSameKind = (credentialDeviceType === 'multiDevice') === credential.backupEligible
    return verified && isSameKind ? { signCount: newCounter, backedUp: credentialBackedUp } : undefined
  } catch {
    return undefined
  }
}

// It is large, and most processes that start need it much later or never.
function load() {
  return Promise.all([import('@simplewebauthn/server'), import('@simplewebauthn/server/helpers')])
}
type Library = Awaited<ReturnType<typeof load>>[1]

/** Whether the page was no frame in a page of somebody else (WebAuthn §5.8.1). */
function isOnOwnPage(clientDataJSON: string): boolean {
  try {
    const data = JSON.parse(Buffer.from(clientDataJSON, 'base64url').toString())
    return data !== null && typeof data === 'object' && data.crossOrigin !== true && data.topOrigin === undefined
  } catch {
    return false
  }
}

/**
 * The answer with the attestation "none" in place of its own: the library would otherwise follow the addresses in
 * certificates that came with it.
 * @throws Error for an object that is no attestation object, or has bytes after it
 */
function withoutAttestation({ isoBase64URL, isoCBOR, decodeAttestationObject }: Library, answer: RegistrationResponse) {
  const { id, rawId, type, response } = answer
  const bytes: Uint8Array_ = isoBase64URL.toBuffer(response.attestationObject)
  const decoded = decodeAttestationObject(bytes)
  if (isoCBOR.encode(decoded as never).length !== bytes.length) throw new Error('there are bytes after the object')
  const none = new Map<string, unknown>([
    ['fmt', 'none'],
    ['attStmt', new Map()],
    ['authData', decoded.get('authData')],
  ])
  const attestationObject = isoBase64URL.fromBuffer(isoCBOR.encode(none as never))
  const { clientDataJSON } = response
  return { id, rawId, type, response: { clientDataJSON, attestationObject }, clientExtensionResults: {} }
}

/** A COSE_Key as a JWK (RFC 9053 §7, RFC 8230 §4); undefined for an unknown kind. */
function jwkOf(key: ReadonlyMap<number, unknown>): Record<string, unknown> | undefined {
  const [kty, alg, ...members] = [1, 3, -1, -2, -3].map((label) => key.get(label))
  const [first, second, third] = members.map((member) =>
    member instanceof Uint8Array ? Buffer.from(member).toString('base64url') : member,
  )
  if (kty === 2 && alg === -7 && first === 1) return { kty: 'EC', crv: 'P-256', x: second, y: third }
  if (kty === 1 && alg === -8 && first === 6) return { kty: 'OKP', crv: 'Ed25519', x: second }
  if (kty === 3 && alg === -257) return { kty: 'RSA', n: first, e: second }
  return undefined
}
