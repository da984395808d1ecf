// When something that failed is attempted again: deliveries of webhooks and logouts, and mails.
import type { Random } from './outside.ts'

/** How much a wait may differ from its plan, so that what failed together is not attempted together. */
const JITTER = 0.2

/** The waits after the first, second and further attempts: each is `factor` times the one before. Milliseconds. */
export interface Backoff {
  readonly first: number
  readonly factor: number
  readonly longest?: number
}

/**
 * Milliseconds to wait after a failed attempt.
 * @param attempts how many there were, with this one
 * @param chance 0 to 1: see {@link chanceOf}
 */
export function waitAfterAttempts(
  attempts: number,
  { first, factor, longest = Number.POSITIVE_INFINITY }: Backoff,
  chance: number,
): number {
  const wait = Math.min(first * factor ** (attempts - 1), longest)
  return Math.round(wait * (1 - JITTER + 2 * JITTER * chance))
}

/** A random number from 0 to 1, for the wait after an attempt. */
export function chanceOf(random: Random): number {
  return Number(random.text(4, '0123456789')) / 10_000
}

/** Statuses after which another attempt makes sense, besides those of the server's own faults. */
const PASSING = new Set([408, 425, 429])

/** Whether a receiver refuses what it was sent, so that it will not take it later. @param status null for no answer */
export function isRefusedForGood(status: number | null): boolean {
  return status !== null && status < 500 && !PASSING.has(status)
}
