// Adds tokens to the log, with one link for all that one commit issues for a tenant.
import type { Insertable } from 'kysely'
import type { Connection, TokenBatch, TokenDraft } from '../database.ts'
import { insertRows, rowInsert } from '../insert-rows.ts'
import type { IssuedTokenTable, TokenLinkTable, UnplacedLinkTable } from '../tables/tokens.ts'
import { idToBytes, idToBytesOrNull, ipToBytes, timeOfId } from './bytes.ts'
import { type DictionaryEntry, type DictionaryView, openDictionary } from './dictionary.ts'
import { linkText } from './links.ts'
import { notePartition, partitionChooser, WHOLE } from './partitions.ts'
import { digestOfRows, type FullRow, type Profile, profileText, toTokenEvent } from './token-row.ts'
import { unplacedText } from './unplaced.ts'
import type { TokenWriter } from './writers.ts'

/** The tokens that one commit issues for a tenant. */
export interface TokenGroup {
  readonly tenantId: string
  readonly drafts: readonly TokenDraft[]
  /** The end of the tenant's chain before them; undefined where they get their places later. */
  readonly head: { readonly seq: number; readonly hash: string } | undefined
}

/** Tokens that are linked into their chains, or will be. */
export interface AppendedTokens {
  /** One for each group with a head, in their order. */
  readonly batches: readonly TokenBatch[]
  /** Resolves once the rows are written. */
  readonly written: Promise<unknown>
  /** To be called once the transaction is committed. */
  readonly committed: () => void
}

/**
 * Adds tokens to the log, inside the transaction that commits them.
 * @param mac the MAC that makes the chain
 * @param writer what numbers the tokens that get their places later
 */
export type TokenAppender = (
  connection: Connection,
  groups: readonly TokenGroup[],
  mac: (text: string) => string,
  writer?: TokenWriter,
) => Promise<AppendedTokens>

const TOKENS = rowInsert('issued_token', {
  id: 'bytea',
  profile: 'bigint',
  seq: 'bigint',
  hash: 'bytea',
  delay: 'bigint',
  expires_at: 'bigint',
  ip: 'bytea',
  agent: 'bigint',
  request_id: 'text',
  user_id: 'bytea',
  session_id: 'bytea',
  family_id: 'bytea',
  parent_id: 'bytea',
  confirmation: 'text',
  act: 'text',
  part: 'bigint',
})

const LINK = { tenant_id: 'text', count: 'bigint', first: 'bytea', last: 'bytea', digest: 'bytea' } as const

const LINKS = rowInsert('token_link', { ...LINK, seq: 'bigint', hash: 'text', number: 'bigint' })

const UNPLACED_LINKS = rowInsert('unplaced_link', { ...LINK, number: 'bigint', mac: 'text' })

/** Adds links that got their places. */
export function insertLinks(connection: Connection, links: readonly TokenLinkTable[]): Promise<void> {
  return insertRows(connection, LINKS, links)
}

interface NewRow {
  readonly row: FullRow
  readonly profile: DictionaryEntry
  readonly agent: DictionaryEntry | null
}

/** @returns what adds tokens to the log, for one database */
export function tokenAppender(): TokenAppender {
  const profiles = openDictionary('token_profile')
  const agents = openDictionary('user_agent')
  const choosePartition = partitionChooser()
  return async (connection, groups, mac, writer) => {
    const views = { profiles: profiles(connection), agents: agents(connection) }
    if (connection.remote) await addUnknown(groups, views)
    const rows: Insertable<IssuedTokenTable>[] = []
    const links: TokenLinkTable[] = []
    const unplaced: UnplacedLinkTable[] = []
    const batches: TokenBatch[] = []
    let newest = new Uint8Array(0)
    for (const { tenantId, drafts, head } of groups) {
      const before = head?.seq ?? writer?.take(tenantId, drafts.length) ?? 0
      const group: NewRow[] = []
      for (const draft of drafts) group.push(await newRow(draft, before + 1 + group.length, views))
      for (const { row, profile, agent } of group) rows.push(storedRow(row, profile, agent))
      const { seq, ...own } = linkOf(tenantId, group)
      if (head) {
        const link = { ...own, seq, hash: mac(linkText(head.hash, { ...own, seq })), number: null }
        links.push(link)
        batches.push(batchOf(link, group))
      } else unplaced.push({ ...own, number: seq, mac: mac(unplacedText({ ...own, number: seq })) })
      if (Buffer.compare(own.last, newest) > 0) newest = own.last as Uint8Array<ArrayBuffer>
    }
    const { part } = await partitionFor(connection, rows.length, newest, choosePartition)
    for (const row of rows) row.part = part
    const written = Promise.all([
      insertRows(connection, TOKENS, rows),
      insertLinks(connection, links),
      insertRows(connection, UNPLACED_LINKS, unplaced),
    ])
    const committed = () => {
      views.profiles.committed()
      views.agents.committed()
    }
    return { batches, written, committed }
  }
}

async function partitionFor(
  connection: Connection,
  rows: number,
  newest: Uint8Array,
  choose: ReturnType<typeof partitionChooser>,
): Promise<{ part: number }> {
  if (connection.remote) return { part: WHOLE }
  const partition = choose(rows, newest)
  await notePartition(connection, partition)
  return partition
}

/** Adds the profiles that are not known yet, and then the user agents. Every transaction does it in this order. */
async function addUnknown(
  groups: readonly TokenGroup[],
  views: Record<'profiles' | 'agents', DictionaryView>,
): Promise<void> {
  const drafts = groups.flatMap((group) => group.drafts)
  const profiles = drafts.map(profileOf).map((profile) => [profileText(profile), profile] as const)
  const agents = drafts.flatMap(({ user_agent: text }) => (text === null ? [] : [[text, { text }] as const]))
  await views.profiles.addAll(new Map(profiles))
  await views.agents.addAll(new Map(agents))
}

async function newRow(
  draft: TokenDraft,
  seq: number,
  views: Record<'profiles' | 'agents', DictionaryView>,
): Promise<NewRow> {
  const profileRow = profileOf(draft)
  const entry = views.profiles.entryOf(profileText(profileRow), profileRow)
  const profile = entry instanceof Promise ? await entry : entry
  const userAgent = draft.user_agent
  const foundAgent = userAgent === null ? null : views.agents.entryOf(userAgent, { text: userAgent })
  const agent = foundAgent instanceof Promise ? await foundAgent : foundAgent
  const id = idToBytes(draft.id)
  const row: FullRow = {
    ...profileRow,
    id,
    seq,
    hash: Buffer.from(draft.token_hash, 'base64url'),
    delay: draft.issued_at - timeOfId(id),
    expires_at: draft.expires_at,
    ip: ipToBytes(draft.ip),
    user_agent: userAgent,
    request_id: draft.request_id,
    user_id: idToBytesOrNull(draft.user_id),
    session_id: idToBytesOrNull(draft.session_id),
    family_id: idToBytesOrNull(draft.family_id),
    parent_id: idToBytesOrNull(draft.parent_id),
    confirmation: draft.confirmation,
    act: draft.act,
  }
  return { row, profile, agent }
}

function profileOf(draft: TokenDraft): Profile {
  return {
    tenant_id: draft.tenant_id,
    realm_id: draft.realm_id,
    client_id: draft.client_id,
    client_name: draft.client_name,
    client_label: draft.client_label,
    grant_type: draft.grant_type,
    audience: draft.audience,
    scopes: draft.scopes,
    kid: draft.kid,
    surface: draft.surface,
  }
}

function storedRow(row: FullRow, profile: DictionaryEntry, agent: DictionaryEntry | null): IssuedTokenTable {
  return {
    id: row.id,
    profile: profile.id,
    seq: row.seq,
    hash: row.hash,
    delay: row.delay,
    expires_at: row.expires_at,
    ip: row.ip,
    agent: agent?.id ?? null,
    request_id: row.request_id,
    user_id: row.user_id,
    session_id: row.session_id,
    family_id: row.family_id,
    parent_id: row.parent_id,
    confirmation: row.confirmation,
    act: row.act,
    part: WHOLE,
  }
}

/** The link of some tokens, all but its HMAC. */
function linkOf(tenantId: string, group: readonly NewRow[]): Omit<TokenLinkTable, 'hash' | 'number'> {
  const digests = new Map(group.map(({ row, profile }) => [row, profile.digest]))
  const rows = group.map(({ row }) => row)
  const digest = digestOfRows(rows, (row) => digests.get(row) as Buffer)
  const ids = rows.map(({ id }) => id).sort(Buffer.compare)
  return {
    tenant_id: tenantId,
    seq: rows.at(-1)?.seq ?? 0,
    count: rows.length,
    first: ids[0] as Uint8Array,
    last: ids.at(-1) as Uint8Array,
    digest,
  }
}

function batchOf({ tenant_id: tenantId, seq, count, hash }: TokenLinkTable, group: readonly NewRow[]): TokenBatch {
  return { tenantId, seq, count, hash, events: () => group.map(({ row }) => toTokenEvent(row, hash)) }
}
