// Runs `authserver purge`: deletes what has expired, target by target, under the names of AuthPlane’s document.
import { parseArgs } from 'node:util'
import { durationOf } from '#kernel/duration.ts'
import { systemClock } from '#outside/clock.ts'
import { type ApiAnswer, call } from '../api.ts'
import { CommandFailure, EXIT, usage } from '../failure.ts'
import { findTarget, type Target } from '../target.ts'
import type { Terminal } from '../terminal.ts'
import { harmless } from '../text.ts'

/**
 * What each name stands for here. Single-use values of every kind are rows of one table. Nonces of DPoP follow from the time
 * and a key, so only the proofs that were used are stored. A token without a user is in the same log as all others, and
 * a revoked token is a mark there.
 */
const TARGETS: Readonly<Record<string, string>> = {
  'assertion-jti': 'one-time-tokens',
  'connect-pending-states': 'one-time-tokens',
  'dpop-nonces': 'one-time-tokens',
  jti: 'one-time-tokens',
  'machine-tokens': 'issuances',
  'refresh-tokens': 'refresh-tokens',
  sessions: 'sessions',
}
/** What a purge without --only leaves: the record of issued tokens goes only when it is named. */
const ONLY_NAMED = ['machine-tokens']
const TIMEOUT_MOST = 600
/** How much longer than the work a request may take, in milliseconds. */
const REPLY_GRACE = 30_000
/** Tokens of the last 26 hours can be valid or in a status list; the server refuses to purge them. */
const TOKENS_AGE = 26.5 * 3_600_000

interface Purged {
  readonly complete: boolean
  readonly targets: readonly { readonly rows: number }[]
}

const PURGE_HELP = `Usage: authserver purge [--only a,b] [--timeout 10m]

Deletes what has expired. The targets: ${Object.keys(TARGETS).join(', ')}.
Without --only, all but ${ONLY_NAMED.join(', ')}: these are the records of all issued tokens, which stay until they are named.

  --only            The targets, with commas between them.
  --timeout         Stop after this time, such as 90s or 10m (10m).
  --server          The admin address.
`

/**
 * Purges each target. One that fails does not keep the others from being purged.
 * @param words the words after `purge`
 * @throws CommandFailure if a target failed, or the time was over first
 */
export async function runPurge(words: readonly string[], terminal: Terminal, agent: string): Promise<void> {
  if (words.some((word) => /^(-h|--help|help)$/.test(word))) return terminal.out(PURGE_HELP)
  const { names, seconds, server } = read(words)
  const target = findTarget(terminal, server)
  const end = systemClock.now() + seconds * 1000
  const failed: string[] = []
  const done = new Set<string>()
  for (const name of names) {
    const only = TARGETS[name] ?? name
    if (done.has(only)) {
      terminal.out(`${name}: purged with the others that are stored with it\n`)
      continue
    }
    done.add(only)
    try {
      terminal.out(`${name}: ${await purgeOne(target, agent, { only, end })} rows\n`)
    } catch (error) {
      if (!(error instanceof CommandFailure)) throw error
      failed.push(name)
      terminal.note(`${name}: ${error.message}`)
      if (error.exit === EXIT.unreachable) throw error
    }
  }
  if (failed.length > 0) throw new CommandFailure(EXIT.failed, `Not purged: ${failed.join(', ')}.`)
}

function read(words: readonly string[]) {
  const options = { only: { type: 'string', multiple: true }, timeout: { type: 'string' }, server: { type: 'string' } }
  let values: { only?: string[]; timeout?: string; server?: string }
  try {
    values = parseArgs({ args: [...words], options: options as never }).values as typeof values
  } catch (error) {
    throw usage(harmless(error instanceof Error ? error.message : String(error)))
  }
  const known = Object.keys(TARGETS)
  const asked = values.only?.flatMap((text) => text.split(',')).filter(Boolean)
  const stranger = asked?.find((name) => !known.includes(name))
  if (stranger !== undefined) {
    throw usage(`--only: ${harmless(stranger)} is no target.`, `The targets are ${known.join(', ')}.`)
  }
  const timeout = values.timeout ?? '10m'
  const seconds = /^[1-9]\d{0,5}[smh]$/.test(timeout) ? durationOf(timeout) / 1000 : 0
  if (seconds === 0) throw usage('--timeout must be a duration, such as 90s or 10m.')
  const names = asked?.length ? [...new Set(asked)] : known.filter((name) => !ONLY_NAMED.includes(name))
  return { names, seconds, server: values.server }
}

/** @returns how many rows went */
async function purgeOne(
  target: Target,
  agent: string,
  { only, end }: { readonly only: string; readonly end: number },
): Promise<number> {
  for (let rows = 0; ; ) {
    const left = Math.floor((end - systemClock.now()) / 1000)
    if (left < 1) throw new CommandFailure(EXIT.failed, `The time was over first. ${rows} rows went.`)
    const before = new Date(systemClock.now() - TOKENS_AGE).toISOString()
    const { body }: ApiAnswer = await call(target, agent, {
      method: 'POST',
      path: '/v1/purge',
      body: {
        only: [only],
        ...(only === 'issuances' && { before }),
        timeout_seconds: Math.min(left, TIMEOUT_MOST),
      },
      timeout: Math.min(left, TIMEOUT_MOST) * 1000 + REPLY_GRACE,
    })
    const { complete, targets } = body as Purged
    rows += targets.reduce((sum, each) => sum + each.rows, 0)
    if (complete) return rows
  }
}
