// Owns the scenario with many realms.
import { join } from 'node:path'
import { Countersign } from './countersign.ts'
import type { Measurement, Summary } from './measurement.ts'
import type { Options } from './options.ts'
import { delay, median, type Started } from './process.ts'
import type { ScenarioResult, Verdict } from './results.ts'
import type { Issuing } from './target.ts'

const MOST_GROWTH_MB = 150
const SLOWEST_REALM_MS = 50
/** How much worse than the small installation the big one may be. */
export const TOLERANCE = 0.1

/** Countersign with many realms, each with a client of its own, beside Countersign with one. */
export async function manyRealms(options: Options, measurement: Measurement): Promise<ScenarioResult> {
  console.log(`${options.realms} realms`)
  const small = new Countersign('one realm', join(options.directory, 'realms-small'), [])
  const big = new Countersign('many realms', join(options.directory, 'realms-big'), [])
  const one = await small.start()
  const smallTarget = await small.target()
  await one.server.stop()
  const filling = await big.start()
  const bigTarget = await big.target()
  const rssBefore = filling.server.rss()
  const services: Issuing[] = []
  const times: number[] = []
  for (let count = 0; count < options.realms; count++) {
    const { service, milliseconds } = await big.realm(`Realm ${count}`)
    services.push(service)
    times.push(milliseconds)
    if ((count + 1) % 1000 === 0) console.log(`  ${count + 1} realms`)
  }
  const rssAfter = filling.server.rss()
  await filling.server.stop()

  const started = [await idle(small), await idle(big)] as const
  for (const { server } of started) measurement.add(server)
  try {
    const summaries = await measurement.interleaved(
      [
        {
          name: 'small',
          server: started[0].server,
          work: { kind: 'workload', name: 'client_credentials', target: smallTarget },
        },
        {
          name: 'big',
          server: started[1].server,
          work: { kind: 'workload', name: 'client_credentials', target: { ...bigTarget, services } },
        },
      ],
      options,
    )
    const [smallSummary, bigSummary] = [summaries.get('small'), summaries.get('big')]
    const p99 = quantile(times, 0.99)
    const growth = started[1].rss - started[0].rss
    const loadedGrowth = bigSummary && smallSummary ? bigSummary.rssLoaded - smallSummary.rssLoaded : undefined
    return {
      title: `${options.realms} realms beside one`,
      facts: [
        [
          'RSS idle after a start',
          `${mb(started[0].rss)} with one realm, ${mb(started[1].rss)} with ${options.realms}`,
        ],
        ['RSS before and after creating them, same process', `${mb(rssBefore)}, ${mb(rssAfter)}`],
        [
          'cold start',
          `${ms(started[0].coldStart)} with one realm, ${ms(started[1].coldStart)} with ${options.realms}`,
        ],
        [
          'creating a realm over the admin API, one caller',
          `median ${ms(median(times))}, p99 ${ms(p99)}, p99 of the last 1,000 ${ms(quantile(times.slice(-1000), 0.99))}`,
        ],
      ],
      compared:
        smallSummary && bigSummary ? [{ what: 'client_credentials', small: smallSummary, big: bigSummary }] : [],
      targets: [
        growthVerdict(growth, loadedGrowth),
        ...(smallSummary && bigSummary ? within('client_credentials', smallSummary, bigSummary) : []),
        { target: `creating a realm ≤ ${SLOWEST_REALM_MS} ms p99`, measured: ms(p99), met: p99 <= SLOWEST_REALM_MS },
      ],
    }
  } finally {
    for (const { server } of started) await server.stop()
  }
}

/** Starts an installation and reads its memory once it has come to rest. */
export async function idle(countersign: Countersign): Promise<Started & { rss: number }> {
  const started = await countersign.start()
  await delay(2000)
  return { ...started, rss: started.server.rss() }
}

/** Whether a big installation's rate and p99 are within the tolerance of a small one's. */
export function within(what: string, small: Summary, big: Summary): Verdict[] {
  const rate = big.rate / small.rate
  const latency = big.p99 / small.p99
  const most = Math.round(TOLERANCE * 100)
  return [
    { target: `${what}: rate within ${most} %`, measured: change(rate), met: rate >= 1 - TOLERANCE },
    { target: `${what}: p99 within ${most} %`, measured: change(latency), met: latency <= 1 + TOLERANCE },
  ]
}

function growthVerdict(idleGrowth: number, loadedGrowth: number | undefined): Verdict {
  const loaded = loadedGrowth === undefined ? '' : `, ${mb(loadedGrowth)} under load`
  return {
    target: `RSS growth ≤ ${MOST_GROWTH_MB} MB`,
    measured: `${mb(idleGrowth)} idle${loaded}`,
    met: Math.max(idleGrowth, loadedGrowth ?? 0) <= MOST_GROWTH_MB,
  }
}

/** A quantile of times in any order. */
export function quantile(times: readonly number[], share: number): number {
  const sorted = [...times].sort((left, right) => left - right)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

function change(ratio: number): string {
  const percent = (ratio - 1) * 100
  return `${percent < 0 ? '−' : '+'}${Math.abs(percent).toFixed(1)} %`
}

/** Megabytes for a reader. */
export function mb(megabytes: number): string {
  return `${megabytes.toFixed(0)} MB`
}

/** Milliseconds for a reader. */
export function ms(milliseconds: number): string {
  return `${milliseconds < 10 ? milliseconds.toFixed(1) : milliseconds.toFixed(0)} ms`
}
