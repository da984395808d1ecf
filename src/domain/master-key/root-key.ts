// Owns the root key: what MACs, disguised ids and agreement keys follow from. It is the master key of the first start, and stays
// when the master key changes, because the event log, refresh tokens and pairwise subjects have to stay what they are.
import type { Database } from '#database/database.ts'
import type { Crypto } from '../outside.ts'
import { settingStore } from '../setting/setting.store.ts'

/** What the stored root key is encrypted for. */
export const ROOT_KEY_PURPOSE = 'root-key'
const SETTING = 'root-key'

interface StoredRootKey {
  /** Encrypted with the master key; in base64. */
  readonly sealed: string
}

/** The keys that a server was started with, and what they can do. */
export interface GivenKeys {
  readonly masterKey: Uint8Array
  readonly oldMasterKey: Uint8Array | undefined
  readonly sealer: Pick<Crypto, 'seal' | 'open'>
  /** Whether a key is the one of the first boot. */
  readonly isRoot: (key: Uint8Array) => Promise<boolean>
}

/**
 * The root key of a database. When the master key is another one for the first time, it is stored, encrypted with that one.
 * @returns undefined if no key opens what is stored; the master key where nothing is stored and the old key is not the root
 */
export async function findRootKey(
  { read, write }: Pick<Database, 'read' | 'write'>,
  { masterKey, oldMasterKey, sealer, isRoot }: GivenKeys,
): Promise<Uint8Array | undefined> {
  const stored = await settingStore(read).find<StoredRootKey>(SETTING)
  if (stored) {
    try {
      return Buffer.from(sealer.open(ROOT_KEY_PURPOSE, stored.sealed), 'base64')
    } catch {
      return undefined
    }
  }
  if (oldMasterKey === undefined || !(await isRoot(oldMasterKey))) return masterKey
  const sealed = sealer.seal(ROOT_KEY_PURPOSE, Buffer.from(oldMasterKey).toString('base64'))
  await write((connection) => settingStore(connection).claim(SETTING, { sealed } satisfies StoredRootKey))
  return oldMasterKey
}
