import { performance } from 'node:perf_hooks'

/** @returns what says how busy the event loop was since it was last asked: 0 is never, 1 is all the time */
export function loadMeter(): () => number {
  let before = performance.eventLoopUtilization()
  return () => {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, before)
    before = now
    return utilization
  }
}
