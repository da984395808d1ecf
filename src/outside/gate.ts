import { Failure } from '#kernel/error.ts'

/** Lets a few works at a time through. */
export type Gate = <T>(work: () => Promise<T>) => Promise<T>

/**
 * Bounds how many works run at once, and how many wait in line for it.
 * @param atOnce how many may run
 * @param waiting how many may wait
 * @returns a gate that throws Failure `temporarily_unavailable` for a work that finds the line full
 */
export function createGate(atOnce: number, waiting: number): Gate {
  const line: (() => void)[] = []
  let running = 0
  return async (work) => {
    if (running >= atOnce) {
      if (line.length >= waiting) throw new Failure('temporarily_unavailable', { retryAfter: 1 })
      await new Promise<void>((resolve) => line.push(resolve))
    } else {
      running += 1
    }
    try {
      return await work()
    } finally {
      const next = line.shift()
      if (next) next()
      else running -= 1
    }
  }
}
