// Owns how much of the thread long reads take.
import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { Failure } from '#kernel/error.ts'
import type { Reading } from '#kernel/operation.ts'
import { loadMeter } from './load.ts'

/** The share of the time in which others keep the thread busy, above which long reads step back. */
const BUSY = 0.4
/** How long to rest after some work, as a multiple of it: where others need the thread, and where nobody does. */
const REST = { busy: 3, idle: 0.25 } as const
/** Milliseconds of a rest, at least: a shorter one does not show how busy the thread is. */
const REST_MIN = 2
/** More milliseconds are not work: a caller that takes what it is sent slowly, or a database elsewhere. */
const WORK_MAX = 50

/**
 * Makes a pace for all long reads of this process. Together they work a quarter of the time where other requests need the
 * thread, as found out while they rest, and nearly all of it where nobody does.
 * @returns starts a long read; the signal aborts when its caller hangs up
 */
export function createPace(): (signal: AbortSignal) => Reading {
  const utilization = loadMeter()
  let load = 0
  let freeAt = 0
  return (signal) => {
    let startedAt = performance.now()
    return {
      async rest() {
        const now = performance.now()
        const work = Math.min(now - startedAt, WORK_MAX)
        freeAt = Math.max(now, freeAt) + Math.max(REST_MIN, work * (load > BUSY ? REST.busy : REST.idle))
        utilization()
        await pause(freeAt - now, undefined, { signal }).catch(() => {})
        if (signal.aborted) throw brokenOff(signal)
        load = (load + utilization()) / 2
        startedAt = performance.now()
      },
    }
  }
}

/** Why a read ended early: the failure that its signal was aborted with, or that its caller hung up. */
export function brokenOff({ reason }: AbortSignal): Failure {
  return reason instanceof Failure ? reason : new Failure('invalid_request', 'The request broke off.')
}
