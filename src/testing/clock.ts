// Owns the clock that tests set.
import type { Clock } from '#domain/outside.ts'

/** A clock that stands still until it is told otherwise. */
export interface FixedClock extends Clock {
  /** Moves on by so many milliseconds; a negative number moves it back. */
  advance(milliseconds: number): void
  /** Jumps to a time, in milliseconds since 1970. */
  set(milliseconds: number): void
}

/**
 * A clock for tests.
 * @param start where it stands, in milliseconds since 1970. Default: the start of 2026
 */
export function fixedClock(start = Date.UTC(2026, 0, 1)): FixedClock {
  let time = start
  return {
    now: () => time,
    // Nobody waits for a clock that stands still.
    pause: () => new Promise((resolve) => setImmediate(resolve)),
    advance: (milliseconds) => {
      time += milliseconds
    },
    set: (milliseconds) => {
      time = milliseconds
    },
  }
}
