// Owns the command line of the bench of the token log.
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Pace } from './measurement.ts'

const DATABASES = ['sqlite', 'postgres'] as const

/** What a call asked for. */
export interface TokenOptions extends Pace {
  readonly databases: readonly (typeof DATABASES)[number][]
  /** How many tokens there are, in rising order. */
  readonly sizes: readonly number[]
  readonly descendants: number
  /** How many expired tokens are purged. */
  readonly purged: number
  /** How often in all a disturbed run may be made again. */
  readonly repeats: number
  readonly directory: string
  /** Where the page of results goes. */
  readonly results: string
}

export const USAGE = `npm run bench:tokens -- [options]
  --databases a,b      some of ${DATABASES.join(', ')} (both)
  --sizes n,m          how many tokens there are (1000000,10000000)
  --descendants n      tokens below the one that is revoked (10000)
  --purged n           expired tokens that are purged (5000000)
  --seconds n          length of a run (3)
  --rounds n           runs of each (3)
  --connections n      keep-alive connections (32)
  --repeats n          how often a disturbed run may be made again (20)
  --directory path     where servers keep their files, in a new directory that is removed in the end; on a disk
  --results path       the page that is written (bench/results/tokens.md)
`

/** Reads the command line. @throws Error with a sentence for the user */
export function readTokenOptions(args: readonly string[]): TokenOptions {
  const text = { type: 'string' } as const
  const { values } = parseArgs({
    args: [...args],
    options: {
      databases: text,
      sizes: text,
      descendants: text,
      purged: text,
      seconds: text,
      rounds: text,
      connections: text,
      repeats: text,
      directory: text,
      results: text,
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) throw new Error(USAGE)
  const number = (name: 'descendants' | 'purged' | 'seconds' | 'rounds' | 'connections', otherwise: number) =>
    positive(name, values[name] ?? String(otherwise))
  const seconds = number('seconds', 3)
  return {
    databases: (values.databases?.split(',') ?? DATABASES).map((name) => {
      const database = DATABASES.find((known) => known === name)
      if (database === undefined) throw new Error(`There is no database ${name}.\n${USAGE}`)
      return database
    }),
    sizes: (values.sizes ?? '1000000,10000000').split(',').map((size) => positive('sizes', size)),
    descendants: number('descendants', 10_000),
    purged: number('purged', 5_000_000),
    seconds,
    warmUpSeconds: Math.min(8, 2 * seconds),
    rounds: number('rounds', 3),
    connections: number('connections', 32),
    repeats: values.repeats === undefined ? 20 : Number(values.repeats),
    directory: mkdtempSync(join(values.directory ?? tmpdir(), 'countersign-bench-')),
    results: values.results ?? join(import.meta.dirname, 'results', 'tokens.md'),
  }
}

function positive(name: string, text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new Error(`--${name} takes a number above 0.\n${USAGE}`)
  return value
}
