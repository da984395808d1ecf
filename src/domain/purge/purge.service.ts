// Deletes what is of no more use: a bounded number of rows in each write, and with pauses, so that nobody waits for it.
import type { LinkSpan } from '#database/token-log/purge.ts'
import { Failure } from '#kernel/error.ts'
import type { Id } from '#kernel/id.ts'
import { removeClient } from '../client/client.service.ts'
import type { Context } from '../context.ts'
import { BEGINNING, type Checkpoint, checkpointText } from '../event/event-checkpoint.store.ts'
import type { EventPurgeStore } from '../event/event-purge.store.ts'
import { checkNamed } from '../permitted.ts'
import type { Retention } from '../settings.ts'
import { emitErased, eraseDeleted } from '../user/user-erasure.service.ts'
import {
  CHAIN_RETENTION_MIN,
  type ChainTarget,
  isChainTarget,
  isRecord,
  type LogPurge,
  type LogPurged,
  PURGE_TARGETS,
  type PurgeRequest,
  type PurgeResult,
  type PurgeTarget,
  ROW_PLANS,
  type RowTarget,
  targetNamed,
  WORTHLESS_ROWS,
} from './purge.ts'
import type { AuthorizationCursor } from './spent-authorizations.store.ts'

/** Rows that one write deletes, and how long it may take, in milliseconds: on SQLite nobody else writes meanwhile. */
const ROWS_PER_WRITE = { least: 256, most: 1024 } as const
const WRITE_TIME = { short: 5, long: 20 } as const
/** How much longer than a write the pause after it is: a purge takes a fifth of the time. */
const PAUSE_FACTOR = 4
const PAUSE_MAX = 250
/** Links that one read looks at, to find the first one that has tokens: some milliseconds on SQLite. */
const LINKS_PER_READ = 1000
/** Clients that one write deletes, with what was issued to them. */
const CLIENTS_PER_WRITE = 32
/** Deleted users that one write erases, with what is about them. */
const USERS_PER_WRITE = 32
const TENANTS_PER_PAGE = 100

/** How many rows the next write takes: more where writes take little, because the disk is quick and others write little. */
class Portion {
  #rows: number = ROWS_PER_WRITE.least

  get rows(): number {
    return this.#rows
  }

  /** @param took milliseconds of a write, with its wait for others and for the disk */
  note(took: number): void {
    if (took > WRITE_TIME.long) this.#rows = Math.max(ROWS_PER_WRITE.least, this.#rows / 2)
    else if (took < WRITE_TIME.short) this.#rows = Math.min(ROWS_PER_WRITE.most, this.#rows * 2)
  }
}

/** One purge of a target. */
interface Run {
  readonly before: number
  readonly dryRun: boolean
  readonly portion: Portion
}

/** Says when a purge has to stop. */
interface Deadline {
  readonly isOver: () => boolean
}

/**
 * Purges what a request asks for, or counts it.
 * @throws Failure `invalid_request` if a target is named that is kept, or the time is too recent
 */
export async function purge(context: Context, request: PurgeRequest): Promise<PurgeResult> {
  const { before, dryRun, timeoutSeconds } = request
  const only = request.only?.map(targetNamed)
  const now = context.clock.now()
  const { retention } = context.registry.settings
  if (before !== undefined && !only?.some(isRecord)) {
    throw new Failure('invalid_request', 'before: name issuances, broker-issuances or events in `only`.')
  }
  if (before !== undefined) checkEarlier(before, now)
  const end = now + timeoutSeconds * 1000
  const deadline = { isOver: () => context.clock.now() >= end }
  const targets: PurgeResult['targets'] = []
  let complete = true
  for (const target of PURGE_TARGETS.filter((each) => only?.includes(each) ?? true)) {
    const cutoff = cutoffOf(target, { now, retention, before })
    if (cutoff === null && only) {
      throw new Failure('invalid_request', `only: ${target} are kept. Give \`before\`, or set their retention.`)
    }
    const done =
      cutoff === null ? { rows: 0, complete: true } : await purgeTarget(context, target, cutoff, { dryRun, deadline })
    complete &&= done.complete
    targets.push({ target, before: cutoff, rows: done.rows })
  }
  const { purges } = context.read.acrossTenants
  const databaseBytes = dryRun ? await purges.databaseBytes(context.actor.reach) : null
  const wouldDelete = dryRun && targets.some(({ rows }) => rows > 0)
  const notices = [...(wouldDelete ? [DRY_RUN] : []), ...(complete ? [] : [TIME_OVER])]
  return { dryRun, complete: notices.length === 0, notices, databaseBytes, targets }
}

function checkEarlier(before: number, now: number): void {
  if (before <= now - CHAIN_RETENTION_MIN) return
  throw new Failure(
    'invalid_request',
    'before: tokens of the last 26 hours can be valid or in a status list. Give an earlier time.',
  )
}

/**
 * Purges the older part of the log of the tenant of the request. The log then begins at a signed checkpoint.
 * @throws Failure `invalid_request` for a time that is too recent, `forbidden` for a program of a tenant that may do it by `*` only
 */
export async function purgeLog(context: Context, { before, timeoutSeconds }: LogPurge): Promise<LogPurged> {
  checkNamed(context, 'purges:write')
  const now = context.clock.now()
  checkEarlier(before, now)
  const portion = new Portion()
  const end = now + timeoutSeconds * 1000
  let deleted = 0
  let begin = now
  const run = { target: 'events', before, dryRun: false, portion } as const
  for await (const rows of tenantSteps(context, context.scope.tenantId, run)) {
    deleted += rows
    if (context.clock.now() >= end) return { deleted, complete: false }
    const took = context.clock.now() - begin
    portion.note(took)
    await context.clock.pause(Math.min(PAUSE_MAX, took * PAUSE_FACTOR))
    begin = context.clock.now()
  }
  return { deleted, complete: true }
}

const DRY_RUN = 'Nothing was deleted: this was a dry run. Without it, the rows that are counted here go.'
const TIME_OVER = 'The time was over first. Call again to go on.'

/** Purges the rows of one target that are older than a time. */
export async function purgeTarget(
  context: Context,
  target: PurgeTarget,
  before: number,
  { dryRun = false, deadline }: { readonly dryRun?: boolean; readonly deadline: Deadline },
): Promise<{ rows: number; complete: boolean }> {
  const portion = new Portion()
  const steps = stepsOf(context, target, { before, dryRun, portion })
  let rows = 0
  let begin = context.clock.now()
  for await (const deleted of steps) {
    rows += deleted
    if (deadline.isOver()) return { rows, complete: false }
    const took = context.clock.now() - begin
    portion.note(took)
    if (!dryRun) await context.clock.pause(Math.min(PAUSE_MAX, took * PAUSE_FACTOR))
    begin = context.clock.now()
  }
  return { rows, complete: true }
}

function stepsOf(context: Context, target: PurgeTarget, run: Run): AsyncGenerator<number> {
  const { before, dryRun } = run
  if (isChainTarget(target)) return chainSteps(context, target, run)
  if (target === 'authorizations') return authorizationSteps(context, run)
  if (target === 'unused-clients') return unusedClientSteps(context, before, dryRun)
  if (target === 'deleted-users') return deletedUserSteps(context, before, dryRun)
  return rowSteps(context, target, run)
}

/** The time before which the rows of a target go; null if they are kept. */
export function cutoffOf(
  target: PurgeTarget,
  {
    now,
    retention,
    before,
  }: { readonly now: number; readonly retention: Retention; readonly before?: number | undefined },
): number | null {
  // Their access tokens can be exchanged until they expire, and what they were exchanged for, too.
  if (target === 'authorizations') return now - Math.max(retention.codes, CHAIN_RETENTION_MIN)
  if (target === 'unused-clients') return now - retention.unusedClients
  if (target === 'deleted-users') return now - retention.deletedUsers
  if (before !== undefined && isRecord(target)) return before
  const kept = retention[isChainTarget(target) ? target : ROW_PLANS[target].retention]
  return kept === undefined ? null : now - (isRecord(target) ? Math.max(kept, CHAIN_RETENTION_MIN) : kept)
}

/** Deletes rows that are in no chain. @returns after each write how many rows it deleted */
async function* rowSteps(
  context: Context,
  target: RowTarget,
  { before, dryRun, portion }: Run,
): AsyncGenerator<number> {
  const { reach } = context.actor
  const plans = [{ rows: ROW_PLANS[target].rows, before }]
  const worthless = WORTHLESS_ROWS[target]
  if (worthless) plans.push({ rows: worthless, before: context.clock.now() })
  for (const plan of plans) {
    if (dryRun) {
      yield await context.read.acrossTenants.purges.count(reach, plan.rows, plan.before)
      continue
    }
    for (let from: number | undefined = 0; from !== undefined; ) {
      const span: { from: number; before: number } = { from, before: plan.before }
      const step = await context.write(({ acrossTenants: { purges } }) =>
        purges.delete(reach, plan.rows, span, portion.rows),
      )
      if (step.deleted > 0) yield step.deleted
      from = step.next
    }
  }
}

/**
 * Deletes authorizations that no refresh token came from, once nobody needs them. Those of living sessions are looked at and
 * stay, one of each client.
 */
async function* authorizationSteps(context: Context, { before, dryRun, portion }: Run): AsyncGenerator<number> {
  const { reach } = context.actor
  const times = { before, now: context.clock.now() }
  if (dryRun) {
    yield await context.read.acrossTenants.purges.countSpentAuthorizations(reach, times)
    return
  }
  for (let after: AuthorizationCursor | undefined = { createdAt: 0, id: '' }; after !== undefined; ) {
    const from: AuthorizationCursor = after
    const step = await context.write(({ acrossTenants: { purges } }) =>
      purges.deleteSpentAuthorizations(reach, times, from, portion.rows),
    )
    yield step.deleted
    after = step.last
  }
}

/**
 * Deletes clients that came by themselves, and that nobody has approved for long, as an administrator would. One that has
 * a refresh token stays, and so does one that is suspended: it would come back.
 */
async function* unusedClientSteps(context: Context, before: number, dryRun: boolean): AsyncGenerator<number> {
  const { reach } = context.actor
  const unused = () =>
    context.read.acrossTenants.purges.unusedClients(reach, { before, now: context.clock.now() }, CLIENTS_PER_WRITE)
  if (dryRun) {
    yield await context.read.acrossTenants.purges.countUnusedClients(reach, { before, now: context.clock.now() })
    return
  }
  for (let found = await unused(); found.length > 0; found = await unused()) {
    const removed = await context.write(async (unit) => {
      let count = 0
      for (const { tenantId, realmId, id } of found) {
        const own = unit.within(tenantId)
        const named = await own.clients.find(realmId, id)
        if (!named || (named.client.lastUsedAt ?? before) >= before) continue
        await removeClient(context, own, named.client)
        count++
      }
      return count
    })
    if (removed === 0) return
    yield removed
  }
}

/** Removes what is personal from users who were deleted long ago. @returns after each write how many users it erased */
async function* deletedUserSteps(context: Context, before: number, dryRun: boolean): AsyncGenerator<number> {
  const { reach } = context.actor
  const { purges } = context.read.acrossTenants
  if (dryRun) {
    yield await purges.countDeletedUsers(reach, before)
    return
  }
  const due = () => purges.deletedUsers(reach, before, USERS_PER_WRITE)
  for (let found = await due(); found.length > 0; found = await due()) {
    const erased = await context.write(async (unit) => {
      let count = 0
      for (const { id, tenantId, directoryId } of found) {
        const own = unit.within(tenantId)
        if (!(await eraseDeleted(own, { id, directoryId }, context.clock.now()))) continue
        emitErased(own, { id, directoryId })
        count++
      }
      return count
    })
    if (erased === 0) return
    yield erased
  }
}

/** Deletes the older part of each tenant's chain. @returns after each write how many rows it deleted */
async function* chainSteps(context: Context, target: ChainTarget, run: Run): AsyncGenerator<number> {
  const { before, dryRun, portion } = run
  const { reach } = context.actor
  const { purges } = context.read.acrossTenants
  for (let tenants = await purges.tenantsAfter(reach, '', TENANTS_PER_PAGE); tenants.length > 0; ) {
    for (const tenantId of tenants) yield* tenantSteps(context, tenantId, { target, ...run })
    tenants = await purges.tenantsAfter(reach, tenants.at(-1) ?? '', TENANTS_PER_PAGE)
  }
  if (dryRun) return
  for (let deleted = -1; deleted !== 0; ) {
    deleted = await context.write((unit) => unit.acrossTenants.purges.deletePreviousTokens(reach, before, portion.rows))
    if (deleted > 0) yield deleted
  }
}

/** The chain of a tenant: that of the request, or one within the reach of the caller. */
function chainOf({ read, scope, actor }: Context, tenantId: Id): EventPurgeStore {
  return tenantId === scope.tenantId ? read.eventPurges : read.acrossTenants.purges.chainOf(actor.reach, tenantId)
}

async function* tenantSteps(
  context: Context,
  tenantId: Id,
  { target, before, dryRun, portion }: Run & { readonly target: ChainTarget },
): AsyncGenerator<number> {
  const chain = chainOf(context, tenantId)
  const stored = (await chain.checkpoint()) ?? BEGINNING
  const next = await nextCheckpoint(chain, stored, target, before)
  if (dryRun) {
    yield next.events - stored.events + (await chain.tokensBetween(stored.tokensSeq, next.tokensSeq))
    return
  }
  if (isLater(next, stored)) await advance(context, tenantId, { stored, next, before })
  else if (stored.cleared) return
  const through = isLater(next, stored) ? next : stored
  yield* deleteThrough(context, tenantId, { stored, through, portion })
  await context.write((unit) => {
    const cleared = { ...through, cleared: true }
    return unit.within(tenantId).eventPurges.clear(cleared, macOf(context, tenantId, cleared))
  })
}

async function nextCheckpoint(
  chain: EventPurgeStore,
  stored: Checkpoint,
  target: ChainTarget,
  before: number,
): Promise<Checkpoint> {
  const last = await chain.lastBefore(before, target === 'events')
  const tokensSeq = Math.max(stored.tokensSeq, last.seq)
  if (target === 'issuances' || last.seq <= stored.seq) return { ...stored, tokensSeq, cleared: false }
  const events = stored.events + last.seq - stored.seq - (await chain.tokensBetween(stored.seq, last.seq))
  return { seq: last.seq, hash: last.hash, tokensSeq, events, cleared: false }
}

function isLater(next: Checkpoint, stored: Checkpoint): boolean {
  return next.seq > stored.seq || next.tokensSeq > stored.tokensSeq
}

/** Moves the checkpoint, so that a verification begins there, and records the purge as an event. */
async function advance(
  context: Context,
  tenantId: Id,
  { stored, next, before }: { readonly stored: Checkpoint; readonly next: Checkpoint; readonly before: number },
): Promise<void> {
  await context.write(async (unit) => {
    const own = unit.within(tenantId)
    const issuances = await own.eventPurges.tokensBetween(stored.tokensSeq, next.tokensSeq)
    if (!(await own.eventPurges.advance(next, macOf(context, tenantId, next)))) return
    own.emit(next.seq > stored.seq ? 'event.purged' : 'issuance.purged', {
      subject: { type: 'tenant', id: tenantId },
      data: {
        before: new Date(before).toISOString(),
        through_seq: next.tokensSeq,
        events: next.events - stored.events,
        issuances,
      },
    })
  })
}

async function* deleteThrough(
  context: Context,
  tenantId: Id,
  {
    stored,
    through,
    portion,
  }: { readonly stored: Checkpoint; readonly through: Checkpoint; readonly portion: Portion },
): AsyncGenerator<number> {
  const kept = Math.max(through.seq, stored.cleared ? stored.tokensSeq : 0)
  yield* deleteTokens(context, tenantId, { after: 0, through: through.seq, links: true }, portion)
  // A round that was interrupted left links without tokens, which are passed over quickly.
  for (let after: number | undefined = kept; after !== undefined; ) {
    const span: { after: number; through: number } = { after, through: through.tokensSeq }
    const next = await chainOf(context, tenantId).nextTokens(span, LINKS_PER_READ)
    if (next?.found) yield* deleteTokens(context, tenantId, { ...span, after: next.after, links: false }, portion)
    else yield 0
    after = next?.found ? undefined : next?.after
  }
  for (let after: number | undefined = 0; after !== undefined; ) {
    const span: { after: number; through: number } = { after, through: through.seq }
    const step = await context.write((unit) => unit.within(tenantId).eventPurges.deleteEvents(span, portion.rows))
    if (step.deleted > 0) yield step.deleted
    after = step.last
  }
}

async function* deleteTokens(context: Context, tenantId: Id, span: LinkSpan, portion: Portion): AsyncGenerator<number> {
  for (let after: number | undefined = span.after; after !== undefined; ) {
    const from: number = after
    const step = await context.write((unit) =>
      unit.within(tenantId).eventPurges.deleteTokens({ ...span, after: from }, portion.rows),
    )
    yield step.deleted
    after = step.last
  }
}

function macOf({ crypto }: Context, tenantId: Id, checkpoint: Checkpoint): string {
  return crypto.mac('event-chain', checkpointText(tenantId, checkpoint))
}
