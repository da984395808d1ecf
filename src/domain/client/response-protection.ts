// How the responses for a client are signed and encrypted: which kinds there are, what a client chooses, and which of its
// keys they are encrypted for (OpenID Connect Dynamic Client Registration §2, JARM §3, RFC 9701 §6).
import type { ContentEncryption, EncryptionAlgorithm } from '../outside.ts'

/** What can be encrypted for a client. */
export const ENCRYPTED_KINDS = ['idToken', 'userinfo', 'introspection', 'authorization'] as const
export type EncryptedKind = (typeof ENCRYPTED_KINDS)[number]

type AlgField = `${EncryptedKind}EncryptedResponseAlg`
type EncField = `${EncryptedKind}EncryptedResponseEnc`

/** The fields of a client with its choices; their names in metadata are the same in snake case. */
export const RESPONSE_FIELDS = [
  'idTokenSignedResponseAlg',
  'idTokenEncryptedResponseAlg',
  'idTokenEncryptedResponseEnc',
  'userinfoSignedResponseAlg',
  'userinfoEncryptedResponseAlg',
  'userinfoEncryptedResponseEnc',
  'introspectionSignedResponseAlg',
  'introspectionEncryptedResponseAlg',
  'introspectionEncryptedResponseEnc',
  'authorizationSignedResponseAlg',
  'authorizationEncryptedResponseAlg',
  'authorizationEncryptedResponseEnc',
] as const
export type ResponseField = (typeof RESPONSE_FIELDS)[number]

type Choices = Readonly<Record<AlgField, EncryptionAlgorithm | null>> &
  Readonly<Record<EncField, ContentEncryption | null>>

interface KeySet {
  readonly keys: readonly Readonly<Record<string, unknown>>[]
}

/** What a client chose for what it gets encrypted. */
export interface EncryptionChoice {
  readonly alg: EncryptionAlgorithm
  readonly enc: ContentEncryption
}

/** The content encryption of a client that names none (OpenID Connect Dynamic Client Registration §2). */
const DEFAULT_ENC = 'A128CBC-HS256'

/** How a kind of response is encrypted for a client; undefined for not at all. */
export function encryptionOf(client: Choices, kind: EncryptedKind): EncryptionChoice | undefined {
  const alg = client[`${kind}EncryptedResponseAlg`]
  return alg === null ? undefined : { alg, enc: client[`${kind}EncryptedResponseEnc`] ?? DEFAULT_ENC }
}

/** Whether anything is encrypted for a client, so that it needs keys. */
export function isEncryptedFor(client: Choices): boolean {
  return ENCRYPTED_KINDS.some((kind) => client[`${kind}EncryptedResponseAlg`] !== null)
}

/** The first key of a set that something can be encrypted for (RFC 7517 §4.2 to §4.4), one for encryption only if there is one. */
export function encryptionKeyIn({ keys }: KeySet, alg: EncryptionAlgorithm): KeySet['keys'][number] | undefined {
  const kty = alg === 'RSA-OAEP-256' ? 'RSA' : 'EC'
  const fitting = keys.filter((key) => key.kty === kty && (key.alg === undefined || key.alg === alg))
  return fitting.find(({ use }) => use === 'enc') ?? fitting.find(({ use }) => use === undefined)
}

/** The contradictions in what a client chose: the path and a sentence for each. */
export function flawsOfProtection(
  client: Choices & { readonly jwks: unknown; readonly jwksUri: string | null },
): { path: string; message: string }[] {
  return ENCRYPTED_KINDS.flatMap((kind): { path: string; message: string }[] => {
    const [path, encPath] = [`${kind}EncryptedResponseAlg`, `${kind}EncryptedResponseEnc`] as const
    const alg = client[path]
    if (alg === null) {
      return client[encPath] === null ? [] : [{ path: encPath, message: 'needs an algorithm for the key beside it' }]
    }
    if (client.jwksUri !== null) return []
    if (client.jwks === null) return [{ path, message: 'needs either jwks_uri or jwks' }]
    const key = encryptionKeyIn(client.jwks as KeySet, alg)
    return key ? [] : [{ path, message: `needs a key in jwks for encryption with ${alg}` }]
  })
}
