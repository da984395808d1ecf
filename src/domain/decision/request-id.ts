// Owns the ids of requests: which process answered, when, and as the how many-th of that second.
import type { Clock } from '../outside.ts'

/** A process name, the seconds since 1970 and a number, each in base 36. */
export const REQUEST_ID = /^([0-9a-z]{4})-([0-9a-z]{6,8})-([0-9a-z]{1,6})$/

/** The alphabet and the length of the name of a process. */
export const PROCESS_NAME = { alphabet: '0123456789abcdefghijklmnopqrstuvwxyz', length: 4 } as const

/** Makes the ids of one process. They never repeat, also if the clock goes back. @param process its name */
export function requestIds(clock: Pick<Clock, 'now'>, process: string): () => string {
  let second = 0
  let head = ''
  let count = 0
  return () => {
    const now = Math.floor(clock.now() / 1000)
    if (now > second) {
      second = now
      head = `${process}-${now.toString(36)}-`
      count = 0
    }
    return `${head}${(count++).toString(36)}`
  }
}

/**
 * What the id of a request says: the process that answered it, and the second, in milliseconds since 1970.
 * @returns undefined for a text that is no such id
 */
export function readRequestId(text: string): { readonly process: string; readonly at: number } | undefined {
  const [, process, second] = REQUEST_ID.exec(text) ?? []
  if (process === undefined || second === undefined) return undefined
  return { process, at: Number.parseInt(second, 36) * 1000 }
}
