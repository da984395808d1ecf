// `npm run bench:tokens`: measures the token log as it grows, a big revocation, and a purge, and writes a page.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Machine, machine } from './machine.ts'
import { Measurement } from './measurement.ts'
import { pinSelf } from './process.ts'
import { render } from './report.ts'
import type { ScenarioResult } from './results.ts'
import { runBench } from './run.ts'
import { tokenScenarios } from './scenario-tokens.ts'
import { readTokenOptions, type TokenOptions } from './token-options.ts'

async function bench(options: TokenOptions): Promise<void> {
  pinSelf()
  const measurement = new Measurement(options.repeats)
  try {
    const facts = machine(options.directory)
    mkdirSync(dirname(options.results), { recursive: true })
    const scenarios: ScenarioResult[] = []
    for (const database of options.databases) {
      console.log(database)
      // A run takes long: each scenario is on the page as soon as it is done.
      for await (const scenario of tokenScenarios(database, options, measurement)) {
        scenarios.push(scenario)
        writeFileSync(options.results, page(facts, { options, measurement, scenarios }))
      }
    }
    if (measurement.failures.length > 0) process.exitCode = 1
    console.log(`\n${page(facts, { options, measurement, scenarios })}\nWritten to ${options.results}.`)
  } finally {
    measurement.stop()
  }
}

function page(
  facts: Machine,
  made: {
    readonly options: TokenOptions
    readonly measurement: Measurement
    readonly scenarios: readonly ScenarioResult[]
  },
): string {
  const { options, measurement, scenarios } = made
  const { quietness, failures } = measurement
  const none = { servers: [], workloads: [], targets: [] }
  return render({ machine: facts, pace: options, ...none, scenarios, quietness, failures }, 'The token log')
}

await runBench(readTokenOptions, bench)
