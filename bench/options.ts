// Owns the command line of the bench.
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { WORKLOADS } from './target.ts'

/** The big scenarios, which run with `--full` or by name. */
export const SCENARIOS = ['realms', 'rows', 'people'] as const
export type Part = (typeof WORKLOADS)[number] | (typeof SCENARIOS)[number]

/** What a call of the bench asked for. */
export interface Options {
  readonly parts: ReadonlySet<Part>
  readonly connections: number
  /** Runs per server and workload. */
  readonly rounds: number
  /** Length of a run and of the run before it that does not count. */
  readonly seconds: number
  readonly warmUpSeconds: number
  readonly coldStarts: number
  /** How often in all a run may be repeated because something else used the machine. */
  readonly repeats: number
  /** Sizes of the big scenarios. */
  readonly realms: number
  readonly rows: number
  readonly people: number
  /** Where servers keep their files. */
  readonly directory: string
  /** Whether Countersign writes CPU profiles; its figures are then not comparable. */
  readonly profile: boolean
  /** The results' file name: only a whole run of usual length is `latest`. */
  readonly results: string
}

export const USAGE = `npm run bench -- [options]
  --quick              about a minute: one short run of each, no repeats; a smoke test, not a measurement
  --full               the big scenarios too: ${SCENARIOS.join(', ')}
  --only a,b           some of ${[...WORKLOADS, ...SCENARIOS].join(', ')}
  --seconds n          length of a run (3)
  --rounds n           runs per server and workload (3)
  --connections n      keep-alive connections (32)
  --realms n, --rows n, --people n
                       sizes of the big scenarios (10000, 1000000, 1000000); of people, a tenth as many groups and a
                       hundredth as many tenants
  --profile            Countersign writes a CPU profile of each start to bench/results/profiles
  --directory path     where servers keep their files, in a new directory that is removed in the end; it must be on a
                       disk, not in memory (the system's temporary directory)
`

/**
 * Reads the command line.
 * @throws Error with a sentence for the user
 */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      full: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      only: { type: 'string' },
      seconds: { type: 'string' },
      rounds: { type: 'string' },
      connections: { type: 'string' },
      realms: { type: 'string' },
      rows: { type: 'string' },
      people: { type: 'string' },
      directory: { type: 'string' },
    },
  })
  if (values.help) throw new Error(USAGE)
  const { quick, profile } = values
  const shortened =
    quick || profile || values.only !== undefined || values.seconds !== undefined || values.rounds !== undefined
  return {
    parts: new Set(values.only === undefined ? partsOf(values.full) : values.only.split(',').map(toPart)),
    connections: positive('connections', values.connections, 32),
    rounds: positive('rounds', values.rounds, quick ? 1 : 3),
    seconds: positive('seconds', values.seconds, quick ? 1 : 3),
    warmUpSeconds: quick ? 0.3 : 8,
    coldStarts: quick ? 2 : 5,
    repeats: quick ? 0 : 20,
    realms: positive('realms', values.realms, 10_000),
    rows: positive('rows', values.rows, 1_000_000),
    people: positive('people', values.people, 1_000_000),
    directory: mkdtempSync(join(values.directory ?? tmpdir(), 'countersign-bench-')),
    profile,
    results: shortened ? 'partial' : 'latest',
  }
}

function partsOf(full: boolean): readonly Part[] {
  return full ? [...WORKLOADS, ...SCENARIOS] : WORKLOADS
}

function toPart(name: string): Part {
  const part = [...WORKLOADS, ...SCENARIOS].find((known) => known === name)
  if (part === undefined) throw new Error(`There is no ${name}.\n${USAGE}`)
  return part
}

function positive(name: string, text: string | undefined, otherwise: number): number {
  const value = text === undefined ? otherwise : Number(text)
  if (!(value > 0)) throw new Error(`--${name} takes a number above 0.\n${USAGE}`)
  return value
}
