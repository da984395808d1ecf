// Limits concurrent work.
import { Failure } from '#kernel/error.ts'

/** Runs a task when a slot is free. */
export type Gate = <T>(task: () => Promise<T>) => Promise<T>

/**
 * Limits the number of tasks that run at the same time, and the number of tasks that wait.
 * @param atOnce the maximum number of running tasks
 * @param waiting the maximum number of waiting tasks
 * @returns a gate that throws Failure `temporarily_unavailable` if too many tasks wait
 */
export function createGate(atOnce: number, waiting: number): Gate {
  const queue: (() => void)[] = []
  let running = 0
  return async (task) => {
    if (running >= atOnce) {
      if (queue.length >= waiting) throw new Failure('temporarily_unavailable', { retryAfter: 1 })
      await new Promise<void>((resolve) => queue.push(resolve))
    } else {
      running += 1
    }
    try {
      return await task()
    } finally {
      const next = queue.shift()
      if (next) next()
      else running -= 1
    }
  }
}

/**
 * Gates by a key, such as a tenant: each key has the same limits and a line of its own.
 * @returns a function that returns the gate of a key
 */
export function createKeyedGate(atOnce: number, waiting: number): (key: string) => Gate {
  const gates = new Map<string, { readonly gate: Gate; users: number }>()
  return (key) => async (task) => {
    const entry = gates.get(key) ?? { gate: createGate(atOnce, waiting), users: 0 }
    gates.set(key, entry)
    entry.users += 1
    try {
      return await entry.gate(task)
    } finally {
      entry.users -= 1
      if (entry.users === 0) gates.delete(key)
    }
  }
}
