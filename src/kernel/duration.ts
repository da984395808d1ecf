// Owns the short form of durations. It imports nothing, because the CLI loads it at each start.

const UNITS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}

/** The milliseconds of a checked duration: a number and its unit, like `30m` or `7d`. */
export function durationOf(text: string): number {
  return Number(text.slice(0, -1)) * (UNITS[text.slice(-1)] ?? 0)
}
