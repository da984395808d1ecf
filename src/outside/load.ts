// Measures the load of the event loop.
import { performance } from 'node:perf_hooks'

/** @returns a function that returns the utilization of the event loop since its last call, from 0 (idle) to 1 (busy) */
export function loadMeter(): () => number {
  let before = performance.eventLoopUtilization()
  return () => {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, before)
    before = now
    return utilization
  }
}
