import type { Clock } from '#domain/outside.ts'

/** The time of the machine. */
export const systemClock: Clock = { now: () => Date.now() }
