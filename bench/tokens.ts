// `npm run bench:tokens`: measures the token log as it grows, a big revocation, and a purge, and writes a page.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { machine } from './machine.ts'
import { Measurement } from './measurement.ts'
import { pinSelf } from './process.ts'
import { render } from './report.ts'
import type { ScenarioResult } from './results.ts'
import { tokenScenario } from './scenario-tokens.ts'
import { readTokenOptions, type TokenOptions } from './token-options.ts'

async function bench(options: TokenOptions): Promise<void> {
  pinSelf()
  const measurement = new Measurement(options.repeats)
  try {
    const scenarios: ScenarioResult[] = []
    for (const database of options.databases) {
      console.log(database)
      scenarios.push(...(await tokenScenario(database, options, measurement)))
    }
    const page = render(
      {
        machine: machine(options.directory),
        pace: options,
        servers: [],
        workloads: [],
        scenarios,
        targets: [],
        quietness: measurement.quietness,
        failures: measurement.failures,
      },
      'The token log',
    )
    if (measurement.failures.length > 0) process.exitCode = 1
    mkdirSync(dirname(options.results), { recursive: true })
    writeFileSync(options.results, page)
    console.log(`\n${page}\nWritten to ${options.results}.`)
  } finally {
    measurement.stop()
  }
}

process.once('SIGTERM', () => process.exit(143))
process.once('SIGINT', () => process.exit(130))
let options: TokenOptions | undefined
try {
  options = readTokenOptions(process.argv.slice(2))
  await bench(options)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  if (options !== undefined) rmSync(options.directory, { recursive: true, force: true })
}
