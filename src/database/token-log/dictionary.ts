// Numbers texts that many rows share, so that a row holds a small number in their place.
import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Connection } from '../database.ts'
import { prepared } from '../prepared.ts'

/** A text's number, and the SHA-256 of the text. */
export interface DictionaryEntry {
  readonly id: number
  readonly digest: Buffer
}

/** A dictionary's entries as one transaction sees them. */
export interface DictionaryView {
  /** Finds or adds a text. @param row the text's row without its digest */
  entryOf(text: string, row: object): Promise<DictionaryEntry> | DictionaryEntry
  /**
   * Adds what is not known yet, in the order of the digests, so that two transactions which add the same texts cannot wait
   * for each other.
   * @param rows texts, and their rows without the digest
   */
  addAll(rows: ReadonlyMap<string, object>): Promise<void>
  /** Remembers what was added: the transaction was committed. */
  committed(): void
}

const ENTRIES = 20_000

const insertions = {
  token_profile: prepared<Record<string, unknown>, { id: number }>('token_profile_insert', (kysely, value) =>
    kysely
      .insertInto('token_profile')
      .values({
        tenant_id: value('tenant_id') as string,
        realm_id: value('realm_id') as string,
        client_id: value('client_id') as string,
        client_name: value('client_name') as string,
        client_label: value('client_label') as string,
        grant_type: value('grant_type') as string,
        audience: value('audience') as string,
        scopes: value('scopes') as string,
        kid: value('kid') as string,
        surface: value('surface') as string,
        digest: value('digest') as Uint8Array,
      })
      .onConflict((conflict) => conflict.column('digest').doNothing())
      .returning('id'),
  ),
  user_agent: prepared<Record<string, unknown>, { id: number }>('user_agent_insert', (kysely, value) =>
    kysely
      .insertInto('user_agent')
      .values({ text: value('text') as string, digest: value('digest') as Uint8Array })
      .onConflict((conflict) => conflict.column('digest').doNothing())
      .returning('id'),
  ),
}

/**
 * Opens the dictionary of a table. An entry that a transaction adds is kept in memory only once the transaction was
 * committed, so that no row refers to an entry that was rolled back.
 */
export function openDictionary(table: keyof typeof insertions): (connection: Connection) => DictionaryView {
  const known = new LRUCache<string, DictionaryEntry>({ max: ENTRIES })
  return (connection) => {
    const added = new Map<string, DictionaryEntry>()
    const add = async (text: string, row: object): Promise<DictionaryEntry> => {
      const digest = digestOf(text)
      const [inserted] = await connection.run(insertions[table], { ...row, digest })
      const { id } =
        inserted ??
        (await connection.kysely.selectFrom(table).select('id').where('digest', '=', digest).executeTakeFirstOrThrow())
      const entry = { id, digest }
      added.set(text, entry)
      return entry
    }
    return {
      async addAll(rows) {
        const unknown = [...rows].filter(([text]) => !known.has(text) && !added.has(text))
        const digested = unknown.map(([text, row]) => ({ text, row, digest: digestOf(text) }))
        digested.sort((left, right) => Buffer.compare(left.digest, right.digest))
        for (const { text, row } of digested) await add(text, row)
      },
      entryOf: (text, row) => known.get(text) ?? added.get(text) ?? add(text, row),
      committed() {
        for (const [text, entry] of added) known.set(text, entry)
      },
    }
  }
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
