// Checks the metrics, the dashboard and the alerts against a real Prometheus.
import assert from 'node:assert/strict'
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { testWith } from '#testing/real-parts.ts'
import { exchange, getCode, makeClient, makePerson, post } from '#testing/realm.ts'
import { freePort, startServer, type TestServer } from '#testing/server.ts'
import { UserAgent } from '#testing/user-agent.ts'

interface Dashboard {
  readonly panels: readonly {
    readonly title: string
    readonly description: string
    readonly targets: readonly { readonly expr: string }[]
  }[]
}

const FOLDER = import.meta.dirname
const dashboard = JSON.parse(readFileSync(join(FOLDER, 'dashboard.json'), 'utf8')) as Dashboard
const rules = readFileSync(join(FOLDER, 'alerts.yml'), 'utf8')
const promtool = promisify(execFile)

let server: TestServer

before(async () => {
  server = await startServer()
})
after(() => server.stop())

/** One of each that the panels show: a sign-in, a failed one, tokens, a refused client. */
async function happen(email: string): Promise<void> {
  const client = await makeClient(server)
  const person = await makePerson(server, email)
  assert.equal((await exchange(server, client, await getCode(server, client, person))).status, 200)
  const wrong = { ...person, password: 'not the password' }
  await getCode(server, client, wrong, {}, new UserAgent(server.url)).catch(() => {})
  const unknown = { authorization: `Basic ${btoa('nobody:secret')}` }
  assert.equal((await post(server, '/oauth/token', { grant_type: 'client_credentials' }, unknown)).status, 401)
  const own = { authorization: client.basic }
  assert.equal((await post(server, '/oauth/token', { grant_type: 'client_credentials' }, own)).status, 200)
}

test('the metrics count sign-ins, tokens, refusals, events, queues and writes, with bounded labels', async () => {
  await happen('ada@example.com')
  for (let attempt = 0; attempt < 20; attempt++) {
    const headers = { authorization: `Basic ${btoa(`stranger ${attempt}:x`)}` }
    await post(server, '/oauth/token', { grant_type: `urn:x:${attempt}` }, headers)
  }
  const { body } = await server.call('GET', '/metrics')
  const text = String(body)
  const figure = (series: string) => {
    const line = text.split('\n').find((one) => one.startsWith(`${series} `))
    return line === undefined ? undefined : Number(line.split(' ').at(-1))
  }
  assert.equal(figure('countersign_sign_ins_total{method="pwd"}'), 1)
  assert.ok((figure('countersign_sign_in_failures_total{method="pwd",reason="wrong_password"}') ?? 0) >= 1)
  assert.equal(figure('countersign_token_responses_total{grant="authorization_code"}'), 1)
  assert.equal(figure('countersign_token_responses_total{grant="client_credentials"}'), 1)
  assert.equal(figure('countersign_refusals_total{error="invalid_client",reason="unknown_client"}'), 1)
  assert.equal(figure('countersign_refusals_total{error="unsupported_grant_type",reason=""}'), 20)
  // The first start makes a client too.
  assert.equal(figure('countersign_events_total{type="client.created"}'), 2)
  assert.equal(figure('countersign_mail_queue'), 0)
  assert.equal(figure('countersign_webhook_oldest_seconds'), 0)
  assert.ok((figure('countersign_database_write_seconds_count') ?? 0) > 5)
  assert.ok((figure('countersign_database_wait_seconds_count{kind="write"}') ?? 0) > 5)
  assert.equal(figure('countersign_database_wait_seconds_count{kind="read"}'), 0, 'SQLite reads at once')
  assert.ok((figure('nodejs_eventloop_lag_p99_seconds') ?? -1) >= 0)
  assert.doesNotMatch(text, /stranger|nobody|urn:x/, 'no caller makes a series')
})

test('every metric of the panels and the rules is one that the server has, and each panel says what it shows', async () => {
  const { body } = await server.call('GET', '/metrics')
  const known = new Set([...String(body).matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name))
  const queries = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))
  const named = [
    ...queries
      .join('\n')
      .concat(rules)
      .matchAll(/\b(countersign|nodejs|process)_\w+/g),
  ].map(([name]) => name.replace(/_(bucket|sum|count)$/, ''))
  assert.ok(named.length > 30)
  for (const name of named) assert.ok(known.has(name), `${name} is not a metric`)
  assert.ok(dashboard.panels.every(({ description }) => description.length > 10))
})

testWith(['prometheus'], "Debian's Prometheus answers the query of each panel, and loads the rules", async (t) => {
  const prometheus = await startPrometheus(server)
  t.after(() => prometheus.close())
  await prometheus.scraped(2)
  await happen('bob@example.com')
  await prometheus.scraped(2)
  for (const { title, targets } of dashboard.panels) {
    for (const { expr } of targets) {
      const result = await prometheus.query(expr.replaceAll('$__rate_interval', '1m'))
      assert.ok(result.length > 0, `${title}: ${expr} has no result`)
    }
  }
  const { data } = await prometheus.get<{ data: { groups: { rules: { name: string; health: string }[] }[] } }>(
    '/api/v1/rules',
  )
  const loaded = data.groups.flatMap((group) => group.rules)
  assert.equal(loaded.length, rules.match(/- alert:/g)?.length)
  assert.deepEqual(
    loaded.filter(({ health }) => health === 'err'),
    [],
  )
})

testWith(['prometheus'], 'promtool accepts the configuration and the rules, and their tests pass', async () => {
  const options = { cwd: FOLDER }
  await promtool('promtool', ['check', 'config', 'prometheus.yml'], options)
  await promtool('promtool', ['check', 'rules', 'alerts.yml'], options)
  await promtool('promtool', ['test', 'rules', 'alerts.test.yml'], options)
})

/** Debian's Prometheus, which scrapes a server every second with the rules of this folder. */
async function startPrometheus({ ports }: TestServer) {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-prometheus-'))
  const configuration = readFileSync(join(FOLDER, 'prometheus.yml'), 'utf8')
    .replaceAll('15s', '1s')
    .replace('127.0.0.1:9001', `127.0.0.1:${ports.admin}`)
  writeFileSync(join(folder, 'prometheus.yml'), configuration)
  writeFileSync(join(folder, 'alerts.yml'), rules)
  const port = await freePort()
  const child: ChildProcess = spawn(
    'prometheus',
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: 'ignore' },
  )
  const abandon = () => child.kill('SIGKILL')
  process.once('exit', abandon)
  const get = async <T>(path: string): Promise<T> =>
    (await fetch(`http://127.0.0.1:${port}${path}`)).json() as Promise<T>
  const query = async (expression: string): Promise<unknown[]> => {
    const answer = await get<{ status: string; error?: string; data?: { result: unknown[] } }>(
      `/api/v1/query?query=${encodeURIComponent(expression)}`,
    )
    assert.equal(answer.status, 'success', `${expression}: ${answer.error}`)
    return answer.data?.result ?? []
  }
  const scrapes = async () => {
    const [found] = (await query('count_over_time(up{job="countersign"}[5m])').catch(() => [])) as {
      value: [number, string]
    }[]
    return Number(found?.value[1] ?? 0)
  }
  return {
    get,
    query,
    /** Resolves after some more scrapes. */
    async scraped(count: number): Promise<void> {
      const wanted = (await scrapes()) + count
      for (let tries = 0; tries < 300; tries++) {
        if (child.exitCode !== null) throw new Error(`Prometheus ended with ${child.exitCode}.`)
        if ((await scrapes()) >= wanted) return
        await pause(100)
      }
      throw new Error('Prometheus did not scrape in time.')
    },
    async close(): Promise<void> {
      process.off('exit', abandon)
      child.kill('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
