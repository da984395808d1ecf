// Request objects that a client encrypted for the realm (RFC 9101 §6.1): a JWT that is signed first, then encrypted.
import type { Client } from '#domain/client/client.ts'
import { requestEncryptionOf } from '#domain/client/request-protection.ts'
import type { Context } from '#domain/context.ts'
import { REQUEST_ENCRYPTION_ALGORITHMS, REQUEST_ENCRYPTIONS } from '#domain/outside.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import type { Realm } from '#domain/realm/realm.ts'
import { Failure } from '#kernel/error.ts'

const ALLOWED = { algorithms: REQUEST_ENCRYPTION_ALGORITHMS, encryptions: REQUEST_ENCRYPTIONS } as const

const purposeOf = ({ id }: Pick<Realm, 'id'>) => `request-object ${id}`

/** The public key for request objects, for the JWKS of a realm that takes encrypted ones; undefined for any other realm. */
export function requestKeyOf(
  { crypto }: Pick<Context, 'crypto'>,
  realm: Pick<Realm, 'id' | 'policy'>,
): Readonly<Record<string, unknown>> | undefined {
  return realm.policy.encryptedRequestObjects ? { ...crypto.agreementKey(purposeOf(realm)), use: 'enc' } : undefined
}

/**
 * The signed JWT of a request object: what was encrypted, or the object itself.
 * @throws Failure `invalid_request_object` for one that cannot be decrypted, or that breaks a rule of the client
 */
export async function signedObject({ crypto, scope }: Context, client: Client, text: string): Promise<string> {
  const realm = realmOf(scope)
  const rule = requestEncryptionOf(client)
  if (text.split('.').length !== 5) {
    if (rule) throw refused('this client must encrypt it')
    return text
  }
  if (!realm.policy.encryptedRequestObjects) throw refused('this realm takes no encrypted ones')
  const decrypted = await crypto.decrypt(purposeOf(realm), text, ALLOWED)
  if (!decrypted) throw refused('it cannot be decrypted with the key of the realm')
  const { alg, enc } = decrypted
  if (rule && (rule.alg !== alg || rule.enc !== enc))
    throw refused(`this client must encrypt it by ${rule.alg} and ${rule.enc}`)
  return decrypted.text
}

function refused(flaw: string): Failure {
  return new Failure('invalid_request_object', `The request object: ${flaw}.`)
}
