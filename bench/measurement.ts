// Owns the interleaved runs and their summaries.
import { Generator } from './generator.ts'
import { delay, median, type Server } from './process.ts'
import { DISTURBANCE, type Disturbance, watched } from './quiet.ts'
import type { Job, Outcome } from './target.ts'

/** Someone in an interleaved series. */
export interface Entry {
  readonly name: string
  readonly server: Server
  readonly work: Job['work']
}

/** What the runs of one entry came to: medians, and the range of the rates. */
export interface Summary {
  readonly rate: number
  readonly lowest: number
  readonly highest: number
  readonly p50: number
  readonly p99: number
  /** Milliseconds of the server's CPU time per unit. */
  readonly cpu: number
  readonly errors: number
  readonly unexpectedStatuses: number
  readonly firstError: string | null
  readonly answer: readonly string[]
  /** The largest resident memory seen at the end of a run, MB. */
  readonly rssLoaded: number
  /** The largest share of its core that the load generator used: near 1 it was the limit. */
  readonly loadCpu: number
  /** Whether a run that counts was disturbed all the same, because repeats were used up. */
  readonly disturbed: boolean
}

/** How quiet the machine was. */
export interface Quietness {
  readonly runs: number
  readonly repeated: number
  readonly disturbed: number
  readonly mostOthers: number
  readonly mostStolen: number
  /** Who used the CPU in disturbed runs. */
  readonly busiest: readonly string[]
}

export interface Pace {
  readonly rounds: number
  readonly seconds: number
  readonly warmUpSeconds: number
  readonly connections: number
}

type Run = Outcome & { readonly rss: number; readonly disturbed: boolean }

const TRIES = 3

/** Drives the load generator over servers in turn, and keeps watch on what else the machine does. */
export class Measurement {
  readonly #generator = new Generator()
  readonly #servers = new Set<Server>()
  #repeatsLeft: number
  #runs = 0
  #repeated = 0
  #disturbed = 0
  #mostOthers = 0
  #mostStolen = 0
  readonly #busiest = new Set<string>()
  /** What could not be measured, and why. */
  readonly failures: string[] = []

  /** @param repeats how often in all a disturbed run may be made again */
  constructor(repeats: number) {
    this.#repeatsLeft = repeats
  }

  /** Counts a server's CPU time as this bench's own. */
  add(server: Server): void {
    this.#servers.add(server)
  }

  /** Ends the load generator. */
  stop(): void {
    this.#generator.stop()
  }

  get quietness(): Quietness {
    return {
      runs: this.#runs,
      repeated: this.#repeated,
      disturbed: this.#disturbed,
      mostOthers: this.#mostOthers,
      mostStolen: this.#mostStolen,
      busiest: [...this.#busiest],
    }
  }

  /**
   * Runs A B C, A B C … after a run of each that does not count. An entry that cannot be run is left out and named in
   * `failures`.
   */
  async interleaved(entries: readonly Entry[], pace: Pace): Promise<Map<string, Summary>> {
    const runs = new Map<Entry, Run[]>()
    for (const entry of entries) {
      const warm = await this.#trying(entry, () => this.#once(entry, pace, pace.warmUpSeconds))
      if (warm !== undefined) runs.set(entry, [])
    }
    for (let round = 0; round < pace.rounds; round++) {
      for (const [entry, made] of runs) {
        const run = await this.#trying(entry, () => this.#quietly(entry, pace))
        if (run === undefined) runs.delete(entry)
        else made.push(run)
      }
    }
    return new Map([...runs].map(([{ name }, made]) => [name, summary(made)]))
  }

  async #trying<T>(entry: Entry, run: () => Promise<T>): Promise<T | undefined> {
    try {
      return await run()
    } catch (error) {
      const what = entry.work.kind === 'workload' ? entry.work.name : 'reads'
      const failure = `${entry.name}, ${what}: ${error instanceof Error ? error.message : error}`
      console.error(`  ${failure}`)
      this.failures.push(failure)
      return undefined
    }
  }

  async #quietly(entry: Entry, pace: Pace): Promise<Run> {
    let best: { run: Run; noise: Disturbance } | undefined
    for (let tries = 1; ; tries++) {
      const [outcome, noise] = await this.#once(entry, pace, pace.seconds)
      this.#runs++
      if (outcome.firstError !== null) console.log(`  ${entry.name}: ${outcome.firstError}`)
      const disturbed = noise.others > DISTURBANCE
      if (disturbed)
        console.log(`  ${percent(noise.others)} of a core went to others (${noise.busiest}) during ${entry.name}`)
      const run = { ...outcome, rss: entry.server.rss(), disturbed }
      if (best === undefined || noise.others < best.noise.others) best = { run, noise }
      if (!disturbed || tries === TRIES || this.#repeatsLeft === 0) break
      this.#repeatsLeft--
      this.#repeated++
      await delay(1000)
    }
    this.#note(best.noise)
    return best.run
  }

  #note({ others, stolen, busiest }: Disturbance): void {
    this.#mostOthers = Math.max(this.#mostOthers, others)
    this.#mostStolen = Math.max(this.#mostStolen, stolen)
    if (others <= DISTURBANCE) return
    this.#disturbed++
    this.#busiest.add(busiest)
  }

  async #once(entry: Entry, pace: Pace, seconds: number): Promise<[Outcome, Disturbance]> {
    const own = [this.#generator.pid, ...[...this.#servers].map(({ pid }) => pid)]
    const job = { seconds, connections: pace.connections, pid: entry.server.pid, work: entry.work }
    return watched(own, () => this.#generator.run(job))
  }
}

/** A share as a person writes it. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}

/** Several series of one entry as one. The p99 is the median of theirs. */
export function joined(summaries: readonly Summary[]): Summary {
  const of = (name: 'rate' | 'p50' | 'p99' | 'cpu') => median(summaries.map((one) => one[name]))
  const sum = (name: 'errors' | 'unexpectedStatuses') => summaries.reduce((total, one) => total + one[name], 0)
  return {
    rate: of('rate'),
    lowest: Math.min(...summaries.map(({ lowest }) => lowest)),
    highest: Math.max(...summaries.map(({ highest }) => highest)),
    p50: of('p50'),
    p99: of('p99'),
    cpu: of('cpu'),
    errors: sum('errors'),
    unexpectedStatuses: sum('unexpectedStatuses'),
    firstError: summaries.find(({ firstError }) => firstError !== null)?.firstError ?? null,
    answer: summaries[0]?.answer ?? [],
    rssLoaded: Math.max(...summaries.map(({ rssLoaded }) => rssLoaded)),
    loadCpu: Math.max(...summaries.map(({ loadCpu }) => loadCpu)),
    disturbed: summaries.some(({ disturbed }) => disturbed),
  }
}

function summary(runs: readonly Run[]): Summary {
  const rates = runs.map(({ rate }) => rate)
  return {
    rate: median(rates),
    lowest: Math.min(...rates),
    highest: Math.max(...rates),
    p50: median(runs.map(({ p50 }) => p50)),
    p99: median(runs.map(({ p99 }) => p99)),
    cpu: median(runs.map(({ cpu }) => cpu)),
    errors: runs.reduce((sum, { errors }) => sum + errors, 0),
    unexpectedStatuses: runs.reduce((sum, run) => sum + run.unexpectedStatuses, 0),
    firstError: runs.find(({ firstError }) => firstError !== null)?.firstError ?? null,
    answer: [...(runs[0]?.answer ?? [])].sort(),
    rssLoaded: Math.max(...runs.map(({ rss }) => rss)),
    loadCpu: Math.max(...runs.map(({ loadCpu }) => loadCpu)),
    disturbed: runs.some(({ disturbed }) => disturbed),
  }
}
