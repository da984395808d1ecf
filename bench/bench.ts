// `npm run bench`: measures Countersign, oidc-provider and a minimal server side by side, and writes the results.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hash } from '@node-rs/argon2'
import { COUNTERSIGN_EXISTS, Countersign } from './countersign.ts'
import { machine, versionOf } from './machine.ts'
import { Measurement } from './measurement.ts'
import { type Options, readOptions } from './options.ts'
import { type Contestant, peer } from './peers/peers.ts'
import { delay, median, pinSelf, type Server, type Started } from './process.ts'
import { render } from './report.ts'
import { judge, type Results, type ScenarioResult, type ServerFacts, type WorkloadResult } from './results.ts'
import { runBench } from './run.ts'
import { CALLERS, manyPeople } from './scenario-people.ts'
import { manyRealms } from './scenario-realms.ts'
import { manyRows } from './scenario-rows.ts'
import { type Person, supports, type Target, WORKLOADS } from './target.ts'

const RESULTS = join(import.meta.dirname, 'results')
/** OWASP's argon2id parameters, which are Countersign's default: every server pays the same for a password. */
const PASSWORD_COST = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const

/** A contestant that is up. */
interface Running {
  readonly name: string
  readonly server: Server
  readonly target: Target
  readonly facts: Omit<ServerFacts, 'rssAfter'>
}

async function people(count: number): Promise<(Person & { passwordHash: string })[]> {
  const password = 'correct horse battery staple'
  const passwordHash = await hash(password, PASSWORD_COST)
  return Array.from({ length: count }, (_, index) => ({ login: `person${index}@example.com`, password, passwordHash }))
}

/** Starts each server once on an empty directory, then in turn as often as asked, and leaves them running. */
async function startAll(contestants: readonly Contestant[], options: Options): Promise<Running[]> {
  const starts = new Map<Contestant, Started[]>()
  for (const contestant of contestants) {
    const started = await contestant.start()
    starts.set(contestant, [started])
    await started.server.stop()
  }
  for (let count = 0; count < options.coldStarts; count++) {
    for (const contestant of contestants) {
      const started = await contestant.start()
      starts.get(contestant)?.push(started)
      await started.server.stop()
    }
  }
  const running: Running[] = []
  for (const contestant of contestants) {
    const [first, ...others] = starts.get(contestant) ?? []
    const { server } = await contestant.start()
    await delay(2000)
    const facts = {
      name: contestant.name,
      version: versionNow(contestant.name),
      rssIdle: server.rss(),
      coldStart: median(others.map(({ coldStart }) => coldStart)),
      coldStartCpu: median(others.map(({ cpu }) => cpu)),
      firstStart: first?.coldStart ?? 0,
    }
    running.push({ name: contestant.name, server, target: await contestant.target(), facts })
  }
  return running
}

function versionNow(name: string): string {
  return name === 'oidc-provider' ? versionOf(name) : ''
}

function countersign(options: Options, everyone: readonly Person[]): Countersign {
  return new Countersign('countersign', join(options.directory, 'countersign'), everyone, {
    nodeOptions: profiling(options),
  })
}

function profiling({ profile }: Options): string[] {
  return profile ? ['--cpu-prof', `--cpu-prof-dir=${join(RESULTS, 'profiles')}`] : []
}

async function sideBySide(
  options: Options,
  measurement: Measurement,
): Promise<{ servers: ServerFacts[]; workloads: WorkloadResult[] }> {
  const names = WORKLOADS.filter((name) => options.parts.has(name))
  if (names.length === 0) return { servers: [], workloads: [] }
  const everyone = await people(options.connections)
  const contestants = [
    ...(COUNTERSIGN_EXISTS ? [countersign(options, everyone)] : []),
    await peer('oidc-provider', join(options.directory, 'oidc-provider'), everyone),
    await peer('floor', join(options.directory, 'floor'), everyone),
  ]
  const running = await startAll(contestants, options)
  const workloads: WorkloadResult[] = []
  try {
    for (const { server } of running) measurement.add(server)
    for (const name of names) {
      console.log(name)
      const able = running.filter(({ target }) => supports(target, name))
      const entries = able.map(({ name: server, target, ...rest }) => ({
        ...rest,
        name: server,
        work: { kind: 'workload', name, target } as const,
      }))
      const summaries = await measurement.interleaved(entries, options)
      workloads.push({ name, servers: Object.fromEntries(summaries) })
    }
    const servers = running.map(({ facts, server }) => ({ ...facts, rssAfter: server.rss() }))
    return { servers, workloads }
  } finally {
    for (const { server } of running) await server.stop()
  }
}

async function scenarios(options: Options, measurement: Measurement): Promise<ScenarioResult[]> {
  const results: ScenarioResult[] = []
  if (!COUNTERSIGN_EXISTS) return results
  if (options.parts.has('realms')) results.push(await manyRealms(options, measurement))
  if (options.parts.has('rows')) results.push(await manyRows(options, await people(options.connections), measurement))
  if (options.parts.has('people')) {
    results.push(await manyPeople(options, await people(CALLERS), measurement, profiling(options)))
  }
  return results
}

async function bench(options: Options): Promise<void> {
  pinSelf()
  const facts = machine(options.directory)
  const measurement = new Measurement(options.repeats)
  try {
    const { servers, workloads } = await sideBySide(options, measurement)
    const { rounds, seconds, connections } = options
    const results: Results = {
      machine: facts,
      pace: { rounds, seconds, connections },
      servers,
      workloads,
      scenarios: await scenarios(options, measurement),
      targets: judge(servers, workloads),
      quietness: measurement.quietness,
      failures: measurement.failures,
    }
    if (measurement.failures.length > 0) process.exitCode = 1
    const page = render(results)
    console.log(`\n${page}`)
    mkdirSync(RESULTS, { recursive: true })
    writeFileSync(join(RESULTS, `${options.results}.md`), page)
    writeFileSync(join(RESULTS, `${options.results}.json`), `${JSON.stringify(results, null, 2)}\n`)
    console.log(`Written to bench/results/${options.results}.md and .json.`)
  } finally {
    measurement.stop()
  }
}

await runBench(readOptions, bench)
