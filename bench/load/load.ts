// The load generator: a separate process that receives jobs from the driver and returns the results.

import { cpuTimeOf } from '../process.ts'
import type { Job, Outcome } from '../target.ts'
import { type Actor, type Steps, Unexpected } from './actor.ts'
import { type Answer, Connection } from './connection.ts'
import { ACTORS, type Observe, plainReads } from './workloads.ts'

const MOST_ERRORS = 1_000
const PREPARE_SECONDS = 60

class Run {
  readonly #job: Job
  #latencies = new Float64Array(65_536)
  #units = 0
  #errors = 0
  #unexpectedStatuses = 0
  #firstError: string | null = null
  #answer: readonly string[] = []
  #open = false
  #busy = 0
  #stopped: () => void = () => {}

  constructor(job: Job) {
    this.#job = job
  }

  async outcome(): Promise<Outcome> {
    const stations = Array.from({ length: this.#job.connections }, (_, index) => this.#station(index))
    await withTimeout(Promise.all(stations.map((station) => station.prepare())), PREPARE_SECONDS)
    const cpu = process.cpuUsage()
    const serverCpu = cpuTimeOf(this.#job.pid)
    const start = performance.now()
    this.#open = true
    this.#busy = stations.length
    const stopped = new Promise<void>((resolve) => {
      this.#stopped = resolve
    })
    for (const station of stations) station.begin()
    await Promise.race([delay(this.#job.seconds * 1000), stopped])
    this.#open = false
    const elapsed = (performance.now() - start) / 1000
    const used = process.cpuUsage(cpu)
    const serverUsed = cpuTimeOf(this.#job.pid) - serverCpu
    const units = this.#units
    // What is under way is waited for, so that no server is left with a half-read request, but not counted.
    await Promise.race([stopped, delay(10_000)])
    for (const station of stations) station.close()
    const sorted = this.#latencies.slice(0, units).sort()
    return {
      units,
      rate: units / elapsed,
      p50: quantile(sorted, 0.5),
      p99: quantile(sorted, 0.99),
      errors: this.#errors,
      unexpectedStatuses: this.#unexpectedStatuses,
      firstError: this.#firstError,
      answer: this.#answer,
      loadCpu: (used.user + used.system) / 1e6 / elapsed,
      cpu: units === 0 ? 0 : serverUsed / units,
    }
  }

  #station(index: number): Station {
    const { work } = this.#job
    const observe: Observe = (members) => {
      if (this.#answer.length === 0) this.#answer = members
    }
    const port = work.kind === 'reads' ? work.plain.port : work.target.port
    const actor = work.kind === 'reads' ? plainReads(work.plain, index) : ACTORS[work.name](work.target, index, observe)
    return new Station(port, actor, {
      done: (latency) => this.#done(latency),
      failed: (error) => this.#failed(error),
      ended: () => {
        this.#busy--
        if (this.#busy === 0) this.#stopped()
      },
    })
  }

  #done(latency: number): boolean {
    if (!this.#open) return false
    if (this.#units === this.#latencies.length) {
      const longer = new Float64Array(this.#latencies.length * 2)
      longer.set(this.#latencies)
      this.#latencies = longer
    }
    this.#latencies[this.#units++] = latency
    return true
  }

  #failed(error: Error): boolean {
    if (!this.#open) return false
    this.#errors++
    if (error instanceof Unexpected && (error.status < 200 || error.status > 303)) this.#unexpectedStatuses++
    this.#firstError ??= error.message
    return this.#errors < MOST_ERRORS
  }
}

/** What a station tells its run; `done` and `failed` answer whether to go on. */
interface Reports {
  readonly done: (latency: number) => boolean
  readonly failed: (error: Error) => boolean
  readonly ended: () => void
}

/** One connection with its actor, in a closed loop: the next unit begins when the one before is done. */
class Station {
  readonly #actor: Actor
  readonly #reports: Reports
  readonly #connection: Connection
  #steps: Steps = none()
  #since = 0
  /** What follows the steps at hand: null while a unit is under way. */
  #prepared: { resolve: () => void; reject: (error: Error) => void } | null = null
  readonly #restartClock = () => {
    this.#since = performance.now()
  }

  constructor(port: number, actor: Actor, reports: Reports) {
    this.#actor = actor
    this.#reports = reports
    this.#connection = new Connection(
      port,
      (answer) => this.#step(answer),
      (reason) => this.#fail(new Error(`connection broken: ${reason}`)),
    )
  }

  prepare(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#prepared = { resolve, reject }
      this.#steps = this.#actor.prepare?.() ?? none()
      this.#step(undefined)
    })
  }

  begin(): void {
    this.#prepared = null
    this.#steps = this.#actor.unit(this.#restartClock)
    this.#since = performance.now()
    this.#step(undefined)
  }

  close(): void {
    this.#connection.close()
  }

  #step(answer: Answer | undefined): void {
    let next: IteratorResult<string, void>
    try {
      next = answer === undefined ? this.#steps.next(undefined as never) : this.#steps.next(answer)
    } catch (error) {
      this.#fail(error as Error)
      return
    }
    if (!next.done) this.#connection.send(next.value)
    else if (this.#prepared !== null) this.#prepared.resolve()
    else if (this.#reports.done(performance.now() - this.#since)) this.begin()
    else this.#reports.ended()
  }

  #fail(error: Error): void {
    if (this.#prepared !== null) this.#prepared.reject(error)
    else if (!this.#reports.failed(error)) this.#reports.ended()
    else if (this.#actor.prepare === undefined) setImmediate(() => this.begin())
    else this.#prepareAgain()
  }

  #prepareAgain(): void {
    this.prepare().then(
      () => this.begin(),
      (error: Error) => {
        this.#prepared = null
        this.#reports.failed(error)
        this.#reports.ended()
      },
    )
  }
}

function* none(): Steps {}

function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds).unref())
}

async function withTimeout(work: Promise<unknown>, seconds: number): Promise<void> {
  const late = delay(seconds * 1000).then(() => Promise.reject(new Error(`not prepared after ${seconds} s`)))
  await Promise.race([work, late])
}

process.on('message', (job: Job) => {
  new Run(job).outcome().then(
    (outcome) => process.send?.({ outcome }),
    (error: Error) => process.send?.({ failure: error.message }),
  )
})
process.on('disconnect', () => process.exit())
