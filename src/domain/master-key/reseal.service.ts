// Encrypts everything anew that the old master key encrypted, some rows at a time, while the server works.
import { PLATFORM } from '#kernel/id.ts'
import type { Context } from '../context.ts'
import type { ResealRequest, ResealResult } from './reseal.ts'
import type { SealedColumn, SealedText } from './sealed.store.ts'
import { SEALED_COLUMNS } from './sealed-columns.ts'

/** Rows that one write looks at: some milliseconds on SQLite. */
const ROWS_PER_WRITE = 256
const PAUSE = 5
/** An encrypted text: its version, and at least a nonce and a tag in base64url. */
const SEALED_TEXT = /v1\.[A-Za-z0-9_-]{38,}/g

/** What became of one text. */
interface Outcome {
  readonly text: string
  readonly state: 'current' | 'resealed' | 'unreadable'
}

/** Encrypts anew, or counts. A call that was broken off is followed by one that goes on, because what is done stays done. */
export async function reseal(context: Context, { dryRun, timeoutSeconds }: ResealRequest): Promise<ResealResult> {
  const end = context.clock.now() + timeoutSeconds * 1000
  const columns: ResealResult['columns'] = []
  let isOver = false
  for (const column of SEALED_COLUMNS) {
    if (isOver) break
    const counted = { column: `${column.table}.${column.column}`, looked: 0, resealed: 0, unreadable: 0 }
    columns.push(counted)
    for (let after: readonly string[] | undefined; ; ) {
      const step = await stepThrough(context, column, { after, dryRun })
      counted.looked += step.looked
      counted.resealed += step.resealed
      counted.unreadable += step.unreadable
      after = step.last
      if (after === undefined) break
      isOver = context.clock.now() >= end
      if (isOver) break
      await context.clock.pause(PAUSE)
    }
  }
  const resealed = columns.reduce((sum, each) => sum + each.resealed, 0)
  const unreadable = columns.reduce((sum, each) => sum + each.unreadable, 0)
  const notices = [
    ...(isOver ? ['The time was over first. Call again to go on.'] : []),
    ...(dryRun && resealed > 0 ? [`${resealed} texts are encrypted with the old master key. This was a dry run.`] : []),
    ...(unreadable > 0
      ? [`${unreadable} texts cannot be decrypted with the master key or the old one. They stay as they are.`]
      : []),
  ]
  if (!dryRun) {
    await context.write(async (unit) => {
      unit.emit('key.resealed', {
        subject: { type: 'instance', id: PLATFORM },
        tenantId: PLATFORM,
        data: { resealed, complete: notices.length === 0 },
      })
    })
  }
  return { dryRun, complete: notices.length === 0, notices, columns }
}

async function stepThrough(
  context: Context,
  column: SealedColumn,
  { after, dryRun }: { readonly after: readonly string[] | undefined; readonly dryRun: boolean },
) {
  const { reach } = context.actor
  const rows = await context.read.acrossTenants.sealedTexts.page(reach, column, after, ROWS_PER_WRITE)
  const outcomes = rows.map((row) => [row, outcomeOf(context, column, row)] as const)
  const old = outcomes.filter(([, { state }]) => state === 'resealed')
  if (old.length > 0 && !dryRun) {
    await context.write(async ({ acrossTenants: { sealedTexts } }) => {
      // A row that changed meanwhile was written with the master key of now.
      for (const [row, { text }] of old) await sealedTexts.replace(reach, column, row, text)
    })
  }
  return {
    looked: rows.length,
    resealed: old.length,
    unreadable: outcomes.filter(([, { state }]) => state === 'unreadable').length,
    last: rows.length < ROWS_PER_WRITE ? undefined : rows.at(-1)?.key,
  }
}

function outcomeOf({ crypto }: Pick<Context, 'crypto'>, column: SealedColumn, row: SealedText): Outcome {
  const purposes = column.purposes.map((purpose) => (column.withId ? `${purpose} ${row.key[0]}` : purpose))
  if (!column.inJson) {
    // Other texts are keys of other stores, public keys and digests.
    return row.text.startsWith('v1.') ? outcomeOfText(crypto, purposes, row.text) : { text: row.text, state: 'current' }
  }
  const states = new Set<Outcome['state']>()
  const text = row.text.replaceAll(SEALED_TEXT, (sealed) => {
    const outcome = outcomeOfText(crypto, purposes, sealed)
    states.add(outcome.state)
    return outcome.text
  })
  const state = states.has('resealed') ? 'resealed' : states.has('unreadable') ? 'unreadable' : 'current'
  return { text, state }
}

function outcomeOfText(crypto: Context['crypto'], purposes: readonly string[], sealed: string): Outcome {
  for (const purpose of purposes) {
    const text = crypto.reseal(purpose, sealed)
    if (text !== undefined) return { text, state: text === sealed ? 'current' : 'resealed' }
  }
  return { text: sealed, state: 'unreadable' }
}
