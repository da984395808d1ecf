// Owns the root key: what MACs, disguised ids and agreement keys follow from. It is the master key of the first start, and stays
// when the master key changes, because the event log, refresh tokens and pairwise subjects have to stay what they are.
import type { Connection } from '#database/database.ts'
import { settingStore } from '../setting/setting.store.ts'

/** What the stored root key is encrypted for. */
export const ROOT_KEY_PURPOSE = 'root-key'
const SETTING = 'root-key'

interface StoredRootKey {
  /** Encrypted with the master key; in base64. */
  readonly sealed: string
}

/** The encrypted root key of an installation; undefined as long as it is the master key itself. */
export async function storedRootKey(read: Connection): Promise<string | undefined> {
  return (await settingStore(read).find<StoredRootKey>(SETTING))?.sealed
}

/** Stores the encrypted root key, unless another process did. */
export async function keepRootKey(connection: Connection, sealed: string): Promise<void> {
  await settingStore(connection).claim(SETTING, { sealed } satisfies StoredRootKey)
}
