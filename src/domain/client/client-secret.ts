// The secrets of clients: a digest, or the encrypted secret where the client makes HMACs with it.
import { LRUCache } from 'lru-cache'
import type { Context } from '../context.ts'
import type { Client } from './client.ts'

type Crypto = Pick<Context['crypto'], 'digest' | 'seal' | 'open'>
type Kept = Pick<Client, 'secretHash' | 'sealedSecret'>

/** Whether clients with an authentication method have a secret. */
export function usesSecret({ authMethod }: Pick<Client, 'authMethod'>): boolean {
  return authMethod === 'client_secret' || authMethod === 'client_secret_jwt'
}

/** What is stored for the secret of a client. @param secret undefined for a client without one */
export function keptSecret(
  crypto: Crypto,
  { id, authMethod }: Pick<Client, 'id' | 'authMethod'>,
  secret: string | undefined,
): Kept {
  const isOpen = authMethod === 'client_secret_jwt'
  return {
    secretHash: secret === undefined || isOpen ? null : crypto.digest(secret),
    sealedSecret: secret === undefined || !isOpen ? null : crypto.seal(purposeOf(id), secret),
  }
}

/** The secret of a client_secret_jwt client; undefined for other clients. */
export function openedSecret(
  crypto: Crypto,
  { id, sealedSecret }: Pick<Client, 'id' | 'sealedSecret'>,
): string | undefined {
  return sealedSecret === null ? undefined : crypto.open(purposeOf(id), sealedSecret)
}

/** Whether a text is the secret of a client. */
export function isSecretOf(
  crypto: Crypto & Pick<Context['crypto'], 'equal'>,
  client: Pick<Client, 'id' | 'secretHash' | 'sealedSecret'>,
  text: string,
): boolean {
  const opened = openedSecret(crypto, client)
  const hash = opened === undefined ? client.secretHash : crypto.digest(opened)
  return hash !== null && crypto.equal(crypto.digest(text), hash)
}

/** Whether a stored hash is that of a client of another server. */
export function isImportedHash(secretHash: string): boolean {
  return secretHash.startsWith('$2')
}

/** The digests of secrets that fit imported hashes, by the hash. bcrypt takes a tenth of a second; this, microseconds. */
const verified = new LRUCache<string, string>({ max: 1000 })

/**
 * Whether a text is the secret of an imported client. The first time takes as long as bcrypt does.
 * @throws Failure `temporarily_unavailable` if too many wait
 */
export async function isImportedSecret(
  crypto: Pick<Context['crypto'], 'digest' | 'equal' | 'verifyPassword'>,
  text: string,
  secretHash: string,
): Promise<boolean> {
  const digest = crypto.digest(text)
  const known = verified.get(secretHash)
  if (known !== undefined && crypto.equal(digest, known)) return true
  const fits = await crypto.verifyPassword(text, secretHash)
  if (fits) verified.set(secretHash, digest)
  return fits
}

function purposeOf(id: string): string {
  return `client secret ${id}`
}
