// Gives each new token an index of a status list (draft-ietf-oauth-status-list §6). A list is no row: its name is its
// encrypted id, and the ids of its tokens carry the list and the index.
import { LRUCache } from 'lru-cache'
import type { Context } from '#domain/context.ts'
import type { Realm } from '#domain/realm/realm.ts'
import { TOKEN_LIFETIME_MAX } from '#domain/realm/realm.ts'
import type { Registry } from '#domain/registry.ts'
import { type Id, isListId, listedId, listId, timeOf } from '#kernel/id.ts'
import { STATUS_INDEX_BITS, STATUS_LIST_LENGTH, STATUS_LIST_PERIOD } from '#kernel/status-list.ts'

/** Where lists are, below the issuer. */
export const STATUS_LISTS_PATH = '/oauth/status-lists'

/** The id of a new token, and what the token says of its status. */
export interface TokenId {
  readonly jti: Id
  readonly claims: { readonly status?: { readonly status_list: { readonly idx: number; readonly uri: string } } }
}

interface OpenList {
  readonly id: Id
  readonly uri: string
  readonly keys: readonly number[]
  used: number
}

/** Realms whose open list a process remembers; it begins a new one for others. */
const REALMS = 10_000
/** How much the clock of another process may be ahead. */
const SKEW = 300_000
const HALF_BITS = STATUS_INDEX_BITS / 2
const HALF = 2 ** HALF_BITS - 1
const ROUNDS = 4

// Each process has lists of its own, so that processes need not agree about indexes.
const openLists = new WeakMap<Registry, LRUCache<string, OpenList>>()

/** The id of a new token; where the realm has status lists, with an index of one. @param issuer of the realm */
export function newTokenId(context: Context, realm: Realm, issuer: string): TokenId {
  const id = context.random.id()
  if (!realm.policy.statusList) return { jti: id, claims: {} }
  const list = openListOf(context, realm, issuer, id)
  const idx = shuffled(list.used++, list.keys)
  return { jti: listedId(id, list.id, idx), claims: { status: { status_list: { idx, uri: list.uri } } } }
}

/** The list from which a realm’s new tokens get their indexes. @param id of the next token */
function openListOf(context: Context, realm: Realm, issuer: string, id: Id): OpenList {
  const lists = openLists.get(context.registry) ?? new LRUCache<string, OpenList>({ max: REALMS })
  openLists.set(context.registry, lists)
  const known = lists.get(realm.id)
  const isOpen =
    known?.uri.startsWith(`${issuer}/`) &&
    known.used < STATUS_LIST_LENGTH &&
    timeOf(id) - timeOf(known.id) < STATUS_LIST_PERIOD
  if (known && isOpen) return known
  const list = openList(context, realm, issuer, id)
  lists.set(realm.id, list)
  return list
}

/** The list of a name, if it is one of the realm and its tokens may still be valid. */
export function listNamed(
  { crypto, clock }: Pick<Context, 'crypto' | 'clock'>,
  realm: Realm,
  name: string,
): Id | undefined {
  const id = crypto.revealId(purposeOf(realm), name)
  if (id === undefined || !isListId(id)) return undefined
  const age = clock.now() - timeOf(id)
  return age > -SKEW && age < STATUS_LIST_PERIOD + TOKEN_LIFETIME_MAX * 1000 + SKEW ? id : undefined
}

/** The address of a list. */
export function addressOfList({ crypto }: Pick<Context, 'crypto'>, realm: Realm, issuer: string, list: Id): string {
  return `${issuer}${STATUS_LISTS_PATH}/${crypto.disguiseId(purposeOf(realm), list)}`
}

function openList(context: Context, realm: Realm, issuer: string, first: Id): OpenList {
  const hex = (bytes: number) => Buffer.from(context.random.secret(bytes), 'base64url').toString('hex')
  const id = listId(first, hex(8))
  const keys = Array.from({ length: ROUNDS }, () => Number.parseInt(hex(4), 16))
  return { id, uri: addressOfList(context, realm, issuer, id), keys, used: 0 }
}

function purposeOf(realm: Realm): string {
  return `status list ${realm.id}`
}

/**
 * Another index for each index, by a Feistel network: indexes that are given out in order tell how many tokens there are
 * (draft-ietf-oauth-status-list §12.5).
 */
function shuffled(index: number, keys: readonly number[]): number {
  let left = index >>> HALF_BITS
  let right = index & HALF
  for (const key of keys) [left, right] = [right, left ^ (mixed(right ^ key) & HALF)]
  return (left << HALF_BITS) | right
}

/** Spreads the bits of a number (the finalizer of MurmurHash3). */
function mixed(value: number): number {
  let hash = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}
