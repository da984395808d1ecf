// Owns the page of results.
import { percent, type Summary } from './measurement.ts'
import { type Results, ratioOf, type ScenarioResult, type Verdict, type WorkloadResult } from './results.ts'
import { WORKLOAD_UNITS } from './target.ts'

/** The results as a Markdown page. */
export function render(results: Results, title = 'Bench results'): string {
  const { machine, pace, quietness } = results
  const parts = [
    `# ${title}`,
    `${machine.date}. ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB, ${machine.system}; Node ${machine.node}, OpenSSL ${machine.openssl}, SQLite ${machine.sqlite}; files on ${machine.fileSystem}, fsync of 4 KiB ${machine.fsyncMs.toFixed(2)} ms.`,
    `${machine.pinned ? 'Servers on core 0, load generator on core 1' : 'Nothing pinned: servers and load generator share the cores'}; ${pace.connections} keep-alive connections, closed loop; medians of ${pace.rounds} interleaved runs of ${pace.seconds} s. Times are milliseconds, memory is MB. How to read this, and what limits each row: [../README.md](../README.md).`,
    quiet(quietness),
    ...(results.failures.length > 0
      ? [`Not measured:\n\n${results.failures.map((text) => `- ${text}`).join('\n')}`]
      : []),
    ...(results.targets.length > 0 ? ['## Targets', verdicts(results.targets)] : []),
    ...(results.servers.length > 0 ? ['## Servers', servers(results)] : []),
    ...(results.workloads.length > 0 ? ['## Workloads', workloads(results.workloads)] : []),
    ...results.scenarios.map(scenario),
  ]
  return `${parts.join('\n\n')}\n`
}

function quiet({ runs, repeated, disturbed, mostOthers, mostStolen, busiest }: Results['quietness']): string {
  const who = busiest.length > 0 ? ` (${busiest.join(', ')})` : ''
  return `Other processes: ${runs} runs, ${repeated} of them repeats; ${disturbed} count although others${who} used more than 5 % of a core, marked *. At most ${percent(mostOthers)} of a core went to others and ${percent(mostStolen)} to the machine's host in a run that counts.`
}

function servers({ servers: facts }: Results): string {
  const rows = facts.map(({ name, version, rssIdle, rssAfter, ...starts }) => [
    `${name} ${version}`,
    rssIdle.toFixed(0),
    rssAfter.toFixed(0),
    starts.coldStart.toFixed(0),
    starts.coldStartCpu.toFixed(0),
    starts.firstStart.toFixed(0),
  ])
  return table(
    ['server', 'RSS idle', 'RSS after all workloads', 'cold start', 'of it CPU', 'first start, empty directory'],
    rows,
  )
}

function workloads(all: readonly WorkloadResult[]): string {
  const rows = all.flatMap((workload) =>
    Object.entries(workload.servers).map(([server, summary], index) => [
      index === 0 ? workload.name : '',
      server + (summary.disturbed ? ' *' : ''),
      ...figures(summary).slice(0, 1),
      times(ratioOf(workload, server, 'oidc-provider')),
      times(ratioOf(workload, server, 'floor')),
      ...figures(summary).slice(1),
    ]),
  )
  const head = [
    'workload',
    'server',
    '/s',
    '× oidc-provider',
    '× floor',
    'range',
    'p50',
    'p99',
    'CPU',
    'errors',
    'not 2xx',
    'RSS loaded',
  ]
  const units = all.map(({ name, servers: by }) => `- ${name}: ${WORKLOAD_UNITS[name]}${answers(by)}`)
  return `${table(head, rows)}\n\nWhat one unit is:\n\n${units.join('\n')}`
}

/** Whether the servers answered the same; they may not, and then their figures are to be compared with care. */
function answers(servers: WorkloadResult['servers']): string {
  const said = Object.entries(servers).filter(([, { answer }]) => answer.length > 0)
  if (said.length === 0) return ''
  const distinct = new Set(said.map(([, { answer }]) => answer.join(', ')))
  if (distinct.size === 1) return ` (${[...distinct][0]})`
  return ` (${said.map(([name, { answer }]) => `${name}: ${answer.join(', ')}`).join('; ')})`
}

function figures(summary: Summary): string[] {
  return [
    count(summary.rate),
    `${count(summary.lowest)}–${count(summary.highest)}`,
    summary.p50.toFixed(2),
    summary.p99.toFixed(2),
    summary.cpu.toFixed(3),
    String(summary.errors),
    String(summary.unexpectedStatuses),
    summary.rssLoaded.toFixed(0),
  ]
}

function scenario({ title, facts, compared, alone = [], targets }: ScenarioResult): string {
  const head = ['/s', 'range', 'p50', 'p99', 'CPU', 'errors', 'not 2xx', 'RSS loaded']
  const rows = compared.flatMap(({ what, small, big, names: [one, other] = ['small', 'big'] }) => [
    [what, one, ...figures(small), ''],
    ['', other, ...figures(big), times(big.rate / small.rate)],
  ])
  const [one, other] = compared[0]?.names ?? ['small', 'big']
  return [
    `## ${title}`,
    facts.map(([what, value]) => `- ${what}: ${value}`).join('\n'),
    ...(rows.length > 0 ? [table(['what', '', ...head, `${other} : ${one}`], rows)] : []),
    ...(alone.length > 0 ? [table(['what', ...head], alone.map(aloneRow))] : []),
    verdicts(targets),
  ].join('\n\n')
}

function aloneRow({ what, summary }: NonNullable<ScenarioResult['alone']>[number]): string[] {
  return [what + (summary.disturbed ? ' *' : ''), ...figures(summary)]
}

function verdicts(all: readonly Verdict[]): string {
  return table(
    ['target', 'measured', ''],
    all.map(({ target, measured, met }) => [target, measured, met ? 'met' : '**not met**']),
  )
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, 3, ...rows.map((row) => (row[column] ?? '').length)),
  )
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, column) => (cells[column] ?? '').padEnd(width)).join(' | ')} |`
  return [line(head), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...rows.map(line)].join('\n')
}

function times(ratio: number | undefined): string {
  return ratio === undefined ? '' : ratio.toFixed(2)
}

function count(rate: number): string {
  return rate < 100 ? rate.toFixed(1) : Math.round(rate).toLocaleString('en')
}
