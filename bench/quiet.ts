// Owns the check of what other processes do during a run.
import { readFileSync } from 'node:fs'
import { cpuTimes } from './process.ts'

const TICKS_PER_SECOND = 100
/** More than this share of a core used by others spoils a run. */
export const DISTURBANCE = 0.05

/** CPU time that was not this bench's, as shares of one core. */
export interface Disturbance {
  /** User processes that are not this bench's, those that began and ended within the window among them. */
  readonly others: number
  /** Taken by the machine's host. */
  readonly stolen: number
  /** The busiest of the others. */
  readonly busiest: string
}

/**
 * Runs something and tells what else the machine did meanwhile. What is counted is all user and system time less that
 * of this bench's processes and of kernel threads, which do the servers' disk writes.
 * @param own ids of the processes of this bench
 */
export async function watched<T>(own: readonly number[], run: () => Promise<T>): Promise<[T, Disturbance]> {
  if (process.platform !== 'linux') return [await run(), { others: 0, stolen: 0, busiest: '' }]
  const before = cpuTimes()
  const machineBefore = machineTimes()
  const start = performance.now()
  const result = await run()
  const ticks = ((performance.now() - start) / 1000) * TICKS_PER_SECOND
  const machineAfter = machineTimes()
  const after = cpuTimes()
  let accounted = 0
  let busiest = ''
  let most = 0
  for (const [pid, { name, kernel, ticks: used }] of after) {
    const grown = used - (before.get(pid)?.ticks ?? 0)
    if (kernel || own.includes(pid) || pid === process.pid) accounted += grown
    else if (grown > most) {
      most = grown
      busiest = name
    }
  }
  const others = Math.max(0, machineAfter.busy - machineBefore.busy - accounted) / ticks
  return [result, { others, stolen: (machineAfter.stolen - machineBefore.stolen) / ticks, busiest }]
}

function machineTimes(): { busy: number; stolen: number } {
  const [user = 0, nice = 0, system = 0, , , , , stolen = 0] = (readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? '')
    .split(/\s+/)
    .slice(1)
    .map(Number)
  return { busy: user + nice + system, stolen }
}
