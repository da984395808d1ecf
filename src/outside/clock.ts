// Owns the system clock.
import { setTimeout } from 'node:timers/promises'
import type { Clock } from '#domain/outside.ts'

/** The clock of the machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  pause: (milliseconds) => setTimeout(milliseconds, undefined, { ref: false }),
}
