// Owns the scenario of the token log: its size, its rates as it grows, a big revocation, and a purge, on one database.
import { join } from 'node:path'
import { renderId } from '#kernel/id.ts'
import { loadTokens, loadTrees } from '#testing/bulk/tokens.ts'
import { postgresForTests } from '#testing/postgres.ts'
import { Countersign } from './countersign.ts'
import { joined, type Measurement, type Pace, type Summary } from './measurement.ts'
import { delay, type Server } from './process.ts'
import type { Compared, ScenarioResult, Verdict } from './results.ts'
import { both, entry, type Installation, listLatencies, provisioned } from './scenario-rows.ts'
import type { Target, WorkloadName } from './target.ts'
import type { TokenOptions } from './token-options.ts'

const COMPARED: readonly WorkloadName[] = ['client_credentials', 'introspection']
const SLOWEST_LIST_MS = 10
const MOST_BYTES = { alone: 150, forUsers: 300 } as const
/** How long ago the tokens were issued that are purged, in milliseconds. */
const AGE = 4 * 86_400_000
const PAIRS = 10

/** A server that does not run, and what is registered there. */
interface Place {
  readonly countersign: Countersign
  readonly target: Target
}

/** What is measured on one database, each scenario when it is done. */
export async function* tokenScenarios(
  database: TokenOptions['databases'][number],
  options: TokenOptions,
  measurement: Measurement,
): AsyncGenerator<ScenarioResult> {
  const closers: (() => Promise<void>)[] = []
  const place = async (name: string): Promise<Place> => {
    const postgres = database === 'postgres' ? await postgresForTests() : undefined
    if (postgres) closers.push(postgres.close)
    const directory = join(options.directory, `${database}-${name}`)
    const countersign = new Countersign(name, directory, [], postgres ? { databaseUrl: postgres.url } : {})
    return { countersign, target: await provisioned(countersign, measurement) }
  }
  try {
    const few = await place('few')
    const many = await place('many')
    const run = new TokenRun(database, options, measurement)
    yield await run.growth(few, many)
    yield await run.revocation(many)
    yield await run.purge(await place('old'))
  } finally {
    for (const close of closers) await close()
  }
}

class TokenRun {
  readonly #database: TokenOptions['databases'][number]
  readonly #options: TokenOptions
  readonly #measurement: Measurement

  constructor(database: TokenOptions['databases'][number], options: TokenOptions, measurement: Measurement) {
    this.#database = database
    this.#options = options
    this.#measurement = measurement
  }

  /** Bytes a token, and rates and lists at each size, beside a server with few tokens. */
  async growth(few: Place, many: Place): Promise<ScenarioResult> {
    const facts: [string, string][] = []
    const compared: Compared[] = []
    const targets: Verdict[] = []
    let filled = 0
    for (const size of this.#options.sizes) {
      const half = Math.max(1, Math.floor((size - filled) / 2))
      const [alone, forUsers] = [await this.#fill(many, half, false), await this.#fill(many, half, true)]
      filled += 2 * half
      facts.push([
        `bytes a token, up to ${filled}`,
        `${alone.bytes.toFixed(0)} without a user, ${forUsers.bytes.toFixed(0)} with one; loaded in ${(alone.seconds + forUsers.seconds).toFixed(0)} s`,
      ])
      if (size === this.#options.sizes[0]) targets.push(...this.#byteVerdicts(alone.bytes, forUsers.bytes))
      await this.#running([few, many], async ([small, big]) => {
        for (const name of COMPARED) {
          const entries = [entry('small', small as Installation, name), entry('big', big as Installation, name)]
          const summaries = await this.#measurement.interleaved(entries, this.#options)
          compared.push(...both(`${name}, ${filled}`, summaries))
        }
        const pace = { ...this.#options, warmUpSeconds: Math.min(1, this.#options.warmUpSeconds) }
        const lists = await listLatencies(small as Installation, big as Installation, forUsers, pace, this.#measurement)
        compared.push(...lists.map((list) => ({ ...list, what: `${list.what}, ${filled}` })))
        targets.push(...lists.map(({ what, big: { p99 } }) => listVerdict(`${what}, ${filled}`, p99)))
      })
    }
    return { title: `${this.#database}: more and more tokens beside none`, facts, compared, targets }
  }

  /** Tokens issued while one with many descendants is revoked, beside none revoked. */
  async revocation(many: Place): Promise<ScenarioResult> {
    const { rounds, descendants } = this.#options
    const { countersign } = many
    const tops = await loadTrees(countersign.database, countersign.masterKey, { trees: rounds, descendants })
    const took: number[] = []
    const quiet: Summary[] = []
    const beside: Summary[] = []
    await this.#running([many], async ([installation]) => {
      const one = (pace: Pace) => this.#once(installation as Installation, pace)
      await one({ ...this.#options, seconds: this.#options.warmUpSeconds })
      for (const top of tops) {
        quiet.push(...(await one(this.#options)))
        const running = one(this.#options)
        await delay(this.#options.seconds * 250)
        const path = `/v1/realms/default/issuances/${renderId('issuance', top)}/revoke`
        took.push((await countersign.admin('POST', path)).milliseconds)
        beside.push(...(await running))
      }
    })
    const [before, after] = [joined(quiet), joined(beside)]
    const measured = `${before.p99.toFixed(1)} ms, ${after.p99.toFixed(1)} ms`
    return {
      title: `${this.#database}: ${descendants} descendants revoked in one transaction`,
      facts: [['each revocation took', took.map((milliseconds) => `${milliseconds.toFixed(0)} ms`).join(', ')]],
      compared: [{ what: 'client_credentials', small: before, big: after, names: ['quiet', 'beside'] }],
      targets: [{ target: 'p99 of issuing within twice', measured, met: after.p99 <= 2 * before.p99 }],
    }
  }

  /** Tokens issued while old ones are purged, by turns with none purged. */
  async purge(old: Place): Promise<ScenarioResult> {
    const { purged: count, seconds } = this.#options
    const { countersign } = old
    const { seconds: loading } = await loadTokens(countersign.database, countersign.masterKey, { count, age: AGE })
    const quiet: Summary[] = []
    const beside: Summary[] = []
    let rows = 0
    let purging = 0
    let verified = false
    await this.#running([old], async ([installation]) => {
      const one = (pace: Pace) => this.#once(installation as Installation, pace)
      await one({ ...this.#options, seconds: this.#options.warmUpSeconds })
      const before = new Date(Date.now() - AGE / 2).toISOString()
      for (let complete = false; !complete; ) {
        if (quiet.length < PAIRS) quiet.push(...(await one(this.#options)))
        const body = { only: ['issuances'], before, timeout_seconds: Math.ceil(seconds) }
        const [answer, summaries] = await Promise.all([
          countersign.admin('POST', '/v1/purge', body),
          one(this.#options),
        ])
        beside.push(...summaries)
        rows += answer.body.targets[0].rows
        purging += answer.milliseconds / 1000
        complete = answer.body.complete
      }
      verified = (await countersign.admin('POST', '/v1/events/verify', {})).body.ok
    })
    const [without, during] = [joined(quiet), joined(beside)]
    const measured = `${without.p99.toFixed(1)} ms, ${during.p99.toFixed(1)} ms`
    return {
      title: `${this.#database}: ${count} expired tokens purged under load`,
      facts: [
        ['loaded in', `${loading.toFixed(0)} s`],
        ['purged', `${rows} tokens in ${purging.toFixed(0)} s, ${(rows / purging).toFixed(0)}/s`],
      ],
      compared: [{ what: 'client_credentials', small: without, big: during, names: ['quiet', 'beside'] }],
      targets: [
        { target: 'all of them are gone', measured: `${rows}`, met: rows >= count },
        { target: 'the chain verifies after it', measured: verified ? 'it does' : 'it does not', met: verified },
        {
          target: 'rate beside it ≥ 0.8',
          measured: (during.rate / without.rate).toFixed(2),
          met: during.rate >= 0.8 * without.rate,
        },
        { target: 'p99 beside it within twice', measured, met: during.p99 <= 2 * without.p99 },
      ],
    }
  }

  async #once(installation: Installation, pace: Pace): Promise<Summary[]> {
    const run = entry('issuing', installation, 'client_credentials')
    const one = { ...pace, rounds: 1, warmUpSeconds: 0.05 }
    return [...(await this.#measurement.interleaved([run], one)).values()]
  }

  async #fill({ countersign }: Place, count: number, forUsers: boolean) {
    const filled = await loadTokens(countersign.database, countersign.masterKey, { count, forUsers })
    return { ...filled, bytes: filled.bytes / count }
  }

  async #running(
    places: readonly Place[],
    work: (installations: readonly Installation[]) => Promise<void>,
  ): Promise<void> {
    const servers: Server[] = []
    try {
      const installations: Installation[] = []
      for (const { countersign, target } of places) {
        const { server } = await countersign.start()
        servers.push(server)
        this.#measurement.add(server)
        installations.push({ countersign, target, server })
      }
      await work(installations)
    } finally {
      for (const server of servers) await server.stop()
    }
  }

  #byteVerdicts(alone: number, forUsers: number): Verdict[] {
    const { alone: least, forUsers: most } = MOST_BYTES
    return [
      { target: `a token without a user ≤ ${least} bytes`, measured: alone.toFixed(0), met: alone <= least },
      { target: `a token with a user ≤ ${most} bytes`, measured: forUsers.toFixed(0), met: forUsers <= most },
    ]
  }
}

function listVerdict(what: string, p99: number): Verdict {
  return {
    target: `list of ${what} ≤ ${SLOWEST_LIST_MS} ms p99`,
    measured: `${p99.toFixed(1)} ms`,
    met: p99 <= SLOWEST_LIST_MS,
  }
}
