// Owns the scenario with many issuances and events.
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { loadTokens } from '#testing/bulk/tokens.ts'
import { Countersign } from './countersign.ts'
import type { Entry, Measurement, Pace, Summary } from './measurement.ts'
import type { Options } from './options.ts'
import type { Compared, ScenarioResult, Verdict } from './results.ts'
import { idle, mb, ms, within } from './scenario-realms.ts'
import type { Person, Target, WorkloadName } from './target.ts'

const COMPARED: readonly WorkloadName[] = ['client_credentials', 'introspection', 'refresh']
const SLOWEST_LIST_MS = 10

/** A server that runs, and what is registered there. */
export interface Installation {
  readonly countersign: Countersign
  readonly target: Target
  readonly server: Entry['server']
}

/** Countersign with many issuances and events in its file, beside Countersign with few. */
export async function manyRows(
  options: Options,
  people: readonly Person[],
  measurement: Measurement,
): Promise<ScenarioResult> {
  console.log(`${options.rows} issuances and events`)
  const small = new Countersign('few rows', join(options.directory, 'rows-small'), people)
  const big = new Countersign('many rows', join(options.directory, 'rows-big'), people)
  const smallTarget = await provisioned(small, measurement)
  const bigTarget = await provisioned(big, measurement)
  const file = join(big.directory, 'data', 'countersign.sqlite')
  const filled = await loadTokens(file, big.masterKey, { count: options.rows })

  const [one, many] = [await idle(small), await idle(big)]
  for (const { server } of [one, many]) measurement.add(server)
  try {
    const few = { countersign: small, target: smallTarget, server: one.server }
    const lots = { countersign: big, target: bigTarget, server: many.server }
    const compared = []
    for (const name of COMPARED) {
      const entries = [entry('small', few, name), entry('big', lots, name)]
      compared.push(...both(name, await measurement.interleaved(entries, options)))
    }
    const lists = await listLatencies(few, lots, filled, options, measurement)
    const { body: chain, milliseconds } = await big.admin('POST', '/v1/events/verify', {})
    return {
      title: `${options.rows} issuances and events beside none`,
      facts: [
        ['file', mb(statSync(file).size / 1e6)],
        ['made by the bulk loader in', `${filled.seconds.toFixed(0)} s`],
        ['RSS idle after a start', `${mb(one.rss)} with few rows, ${mb(many.rss)} with ${options.rows}`],
        ['cold start', `${ms(one.coldStart)} with few rows, ${ms(many.coldStart)} with ${options.rows}`],
        ['verifying the chain of events over the admin API', `${chain.checked} events in ${ms(milliseconds)}`],
      ],
      compared: [...compared, ...lists],
      targets: [
        {
          target: 'the chain of events verifies',
          measured: chain.ok ? 'it does' : 'it does not',
          met: chain.ok === true,
        },
        ...compared.flatMap(({ what, small: before, big: after }) => within(what, before, after)),
        ...lists.map(listVerdict),
      ],
    }
  } finally {
    for (const { server } of [one, many]) await server.stop()
  }
}

/** Registers everything, and lets one token be issued, so that there is a row to multiply. */
export async function provisioned(countersign: Countersign, measurement: Measurement): Promise<Target> {
  const { server } = await countersign.start()
  try {
    const target = await countersign.target()
    const work = { kind: 'workload', name: 'client_credentials', target } as const
    await measurement.interleaved([{ name: countersign.name, server, work }], ONE_MOMENT)
    return target
  } finally {
    await server.stop()
  }
}

const ONE_MOMENT: Pace = { rounds: 1, seconds: 0.05, warmUpSeconds: 0.05, connections: 1 }

/** An entry that runs a workload. */
export function entry(name: string, { server, target }: Installation, workload: WorkloadName): Entry {
  return { name, server, work: { kind: 'workload', name: workload, target } }
}

/** What two entries came to. */
export function both(what: string, summaries: ReadonlyMap<string, Summary>): Compared[] {
  const [small, big] = [summaries.get('small'), summaries.get('big')]
  return small === undefined || big === undefined ? [] : [{ what, small, big }]
}

/** Each filter of the two big lists, asked by one caller at a time. */
export async function listLatencies(
  few: Installation,
  lots: Installation,
  { clientId, userId }: { clientId: string; userId: string },
  options: Pace,
  measurement: Measurement,
): Promise<Compared[]> {
  const recent = new Date(Date.now() - 3_600_000).toISOString()
  const issuances = '/v1/realms/default/issuances?limit=50'
  const events = '/v1/events?limit=50'
  const lists = {
    'issuances, newest': issuances,
    'issuances of a client': `${issuances}&client_id=${clientId}`,
    'issuances of a user': `${issuances}&user_id=${userId}`,
    'issuances for a resource': `${issuances}&resource=${encodeURIComponent(lots.target.resource)}`,
    'issuances since': `${issuances}&since=${recent}`,
    'events, newest': events,
    'events of a type': `${events}&type=token.issued`,
    'events of a rare type': `${events}&type=client.created`,
    'events by an actor': `${events}&actor_id=${clientId}`,
    'events since': `${events}&since=${recent}`,
  }
  const compared: Compared[] = []
  const pace = { ...options, connections: 1, seconds: Math.min(options.seconds, 2) }
  for (const [what, path] of Object.entries(lists)) {
    const reads = (installation: Installation): Entry['work'] => {
      const port = installation.countersign.adminPort
      const authorization = `Bearer ${installation.countersign.adminKey}`
      return { kind: 'reads', plain: { port, host: `127.0.0.1:${port}`, reads: [{ path, authorization }] } }
    }
    const entries = [
      { name: 'small', server: few.server, work: reads(few) },
      { name: 'big', server: lots.server, work: reads(lots) },
    ]
    compared.push(...both(what, await measurement.interleaved(entries, pace)))
  }
  return compared
}

function listVerdict({ what, big }: Compared): Verdict {
  const met = big.p99 <= SLOWEST_LIST_MS && big.errors === 0
  return { target: `list of ${what} ≤ ${SLOWEST_LIST_MS} ms p99`, measured: ms(big.p99), met }
}
