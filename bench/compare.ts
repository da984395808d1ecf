// `npm run bench:compare`: an earlier commit and the working tree side by side in one run, and the ratios between them.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Countersign } from './countersign.ts'
import { type Entry, Measurement, type Pace, type Summary } from './measurement.ts'
import { delay, median, pinSelf, type Server } from './process.ts'
import type { Target, WorkloadName } from './target.ts'

const USAGE = `npm run bench:compare -- [commit] [options]
  commit             what the working tree is compared with (HEAD~1)
  --seconds n        length of a run (3)
  --rounds n         runs per side and row (4)
  --connections n    keep-alive connections (32)
  --starts n         cold starts per side (5)
`
const ROOT = join(import.meta.dirname, '..')
const WORKLOADS: readonly WorkloadName[] = ['client_credentials', 'refresh', 'introspection', 'code', 'userinfo']
const LISTS: Readonly<Record<string, string>> = {
  'list of clients': '/v1/realms/default/clients?limit=50',
  'list of users': '/v1/realms/default/users?limit=50',
  'list of issuances': '/v1/realms/default/issuances?limit=50',
  'list of events': '/v1/events?limit=50',
}
const SIDES = ['before', 'after'] as const
/** A row that is slower than this share of the earlier commit is marked. */
const SLOWEST_RATIO = 0.97
const REPEATS = 10

type Side = (typeof SIDES)[number]

interface Running {
  readonly countersign: Countersign
  readonly server: Server
  readonly target: Target
}

/** One line of the result. A ratio above 1 means that the working tree is better. */
interface Row {
  readonly what: string
  readonly before: string
  readonly after: string
  readonly ratio: number
  /** The ratio of the CPU time per unit, which a shared machine disturbs less; undefined where none was measured. */
  readonly cpuRatio?: number
}

/** Writes the files of a commit to a directory, with the packages of the working tree. @throws Error for no commit */
function checkOut(commit: string, directory: string): void {
  mkdirSync(directory)
  const archive = spawnSync('git', ['archive', commit, 'src', 'package.json'], { cwd: ROOT, maxBuffer: 2 ** 30 })
  if (archive.status !== 0) throw new Error(`There is no commit ${commit}.\n${USAGE}`)
  if (spawnSync('tar', ['-x', '-C', directory], { input: archive.stdout }).status !== 0) throw new Error('tar failed.')
  symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'))
}

/** Starts both sides in turn. @returns the rows of the cold start and of the idle memory */
async function compareStarts(sides: Record<Side, Countersign>, starts: number): Promise<Row[]> {
  const milliseconds: Record<Side, number[]> = { before: [], after: [] }
  const megabytes: Record<Side, number[]> = { before: [], after: [] }
  for (let count = 0; count <= starts; count++) {
    for (const side of SIDES) {
      const { server, coldStart } = await sides[side].start()
      await delay(2000)
      // The first start creates the database.
      if (count > 0) {
        milliseconds[side].push(coldStart)
        megabytes[side].push(server.rss())
      }
      await server.stop()
    }
  }
  return [lowerIsBetter('cold start', 'ms', milliseconds), lowerIsBetter('idle memory', 'MB', megabytes)]
}

function lowerIsBetter(what: string, unit: string, values: Record<Side, readonly number[]>): Row {
  const [before, after] = [median(values.before), median(values.after)]
  const shown = (value: number) => `${value.toFixed(0)} ${unit}`
  return { what, before: shown(before), after: shown(after), ratio: before / after }
}

/** Runs one kind of work on both sides in turn. */
async function compareWork(
  what: string,
  running: Record<Side, Running>,
  workOf: (side: Running) => Entry['work'],
  measured: { readonly measurement: Measurement; readonly pace: Pace },
): Promise<Row[]> {
  console.log(what)
  const entries = SIDES.map((name) => ({ name, server: running[name].server, work: workOf(running[name]) }))
  const summaries = await measured.measurement.interleaved(entries, measured.pace)
  const [before, after] = SIDES.map((side) => summaries.get(side))
  if (before === undefined || after === undefined) return []
  for (const { errors } of [before, after]) if (errors > 0) measured.measurement.failures.push(`${what}: errors`)
  const shown = ({ rate, p99 }: Summary) => `${rate.toFixed(0)}/s, p99 ${p99.toFixed(1)} ms`
  const ratios = { ratio: after.rate / before.rate, cpuRatio: before.cpu / after.cpu }
  return [{ what, before: shown(before), after: shown(after), ...ratios }]
}

function listReads(path: string): (side: Running) => Entry['work'] {
  return ({ countersign: { adminPort: port, adminKey } }) => {
    const read = { path, authorization: `Bearer ${adminKey}`, holds: '"data"' }
    return { kind: 'reads', plain: { port, host: `127.0.0.1:${port}`, reads: [read] } }
  }
}

function render(commit: string, rows: readonly Row[]): string {
  const ratio = (value: number | undefined) => value?.toFixed(3) ?? ''
  const lines = rows.map(
    (row) =>
      `| ${row.what} | ${row.before} | ${row.after} | ${ratio(row.ratio)}${row.ratio < SLOWEST_RATIO ? ' worse' : ''} | ${ratio(row.cpuRatio)} |`,
  )
  return [`| | ${commit} | working tree | ratio | ratio of CPU |`, '|---|---|---|---|---|', ...lines].join('\n')
}

async function compare(directory: string): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seconds: { type: 'string', default: '3' },
      rounds: { type: 'string', default: '4' },
      connections: { type: 'string', default: '32' },
      starts: { type: 'string', default: '5' },
    },
  })
  const [seconds = 0, rounds = 0, connections = 0, starts = 0] = [
    values.seconds,
    values.rounds,
    values.connections,
    values.starts,
  ].map(Number)
  if (!(seconds > 0 && rounds > 0 && connections > 0 && starts > 0)) throw new Error(USAGE)
  const [commit = 'HEAD~1'] = positionals
  const checkout = join(directory, 'checkout')
  checkOut(commit, checkout)
  pinSelf()
  const people = Array.from({ length: connections }, (_, index) => ({
    login: `person${index}@example.com`,
    password: 'correct horse battery staple',
  }))
  const sides: Record<Side, Countersign> = {
    before: new Countersign('before', join(directory, 'before'), people, { main: join(checkout, 'src/main.ts') }),
    after: new Countersign('after', join(directory, 'after'), people),
  }
  const rows = await compareStarts(sides, starts)
  const measurement = new Measurement(REPEATS)
  const open = async (countersign: Countersign): Promise<Running> => {
    const { server } = await countersign.start()
    measurement.add(server)
    return { countersign, server, target: await countersign.target() }
  }
  const running = { before: await open(sides.before), after: await open(sides.after) }
  try {
    const pace = { seconds, rounds, connections, warmUpSeconds: seconds }
    for (const name of WORKLOADS) {
      const work = ({ target }: Running): Entry['work'] => ({ kind: 'workload', name, target })
      rows.push(...(await compareWork(name, running, work, { measurement, pace })))
    }
    const short = { ...pace, seconds: seconds / 2, warmUpSeconds: seconds / 2 }
    for (const [what, path] of Object.entries(LISTS)) {
      rows.push(...(await compareWork(what, running, listReads(path), { measurement, pace: short })))
    }
    console.log(`\n${render(commit, rows)}`)
    if (measurement.quietness.disturbed > 0) console.log('Other processes disturbed some runs.')
    if (measurement.failures.length > 0) process.exitCode = 1
    for (const failure of measurement.failures) console.error(failure)
  } finally {
    for (const { server } of Object.values(running)) await server.stop()
    measurement.stop()
  }
}

const directory = mkdtempSync(join(tmpdir(), 'countersign-compare-'))
process.once('SIGTERM', () => process.exit(143))
process.once('SIGINT', () => process.exit(130))
try {
  await compare(directory)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  rmSync(directory, { recursive: true, force: true })
}
