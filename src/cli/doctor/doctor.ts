// Checks an installation and prints problems and what to do. It changes nothing.
import type { Configuration } from '#outside/configuration.ts'
import { readCatalog } from '../catalog.ts'
import { CommandFailure, EXIT, type ExitCode } from '../failure.ts'
import { findRealm } from '../find.ts'
import { findKey, findUrl, type Target } from '../target.ts'
import type { Terminal } from '../terminal.ts'
import { json, pad, wrap } from '../text.ts'
import { checkNamed, type Finding } from './finding.ts'
import { checkConfiguration, checkDatabase, checkFiles, checkNode, checkRedis, type ProbeDatabase } from './machine.ts'
import { examineClient, examineMcp } from './mcp.ts'
import {
  checkAdminApi,
  checkChains,
  checkDiscovery,
  checkListeners,
  checkNotices,
  checkPkce,
  checkScopes,
  issuerOf,
} from './server.ts'

export interface DoctorOptions {
  readonly json?: boolean
  /** Check only the server. */
  readonly remote?: boolean
  /** The server’s configuration file. */
  readonly config?: string
  /** The address of an MCP server: check which MCP clients connect to it, and nothing else. */
  readonly mcp?: string
  /** A client id: check what it is good for, and nothing else. */
  readonly client?: string
  /** The realm of that client, by its issuer id or name. */
  readonly realm?: string
}

/** The environment of the doctor. */
export interface DoctorEnvironment {
  readonly terminal: Terminal
  readonly version: string
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly inspectDatabase: ProbeDatabase
}

const COLORS = { ok: 'green', warn: 'yellow', fail: 'red', skip: 'dim' } as const
const CHECK_WIDTH = 20
const TEXT_WIDTH = 100

/**
 * Checks the installation, and prints a line for each check, or all results as JSON.
 * @returns 0 if no check fails, otherwise 1
 */
export async function examine(options: DoctorOptions, environment: DoctorEnvironment): Promise<ExitCode> {
  const { terminal } = environment
  const findings: Finding[] = []
  const steps = stepsOf(options, environment)
  for await (const finding of steps) {
    findings.push(finding)
    if (!options.json) terminal.out(lineOf(finding, terminal))
  }
  const count = (status: Finding['status']) => findings.filter((finding) => finding.status === status).length
  const failed = count('fail')
  if (options.json) terminal.out(`${json({ ok: failed === 0, findings }, 2)}\n`)
  else terminal.out(`\n${summaryOf(failed, count('warn'))}\n`)
  return failed === 0 ? EXIT.done : EXIT.failed
}

function stepsOf(options: DoctorOptions, environment: DoctorEnvironment): AsyncIterable<Finding> {
  if (options.mcp !== undefined) return examineMcp(options.mcp)
  if (options.client !== undefined) return examineClientId(options.client, options.realm ?? 'default', environment)
  return options.remote ? examineServer(environment, undefined) : examineAll(options, environment)
}

async function* examineClientId(
  clientId: string,
  realm: string,
  { terminal, version }: DoctorEnvironment,
): AsyncIterable<Finding> {
  const target = targetOf(terminal, undefined)
  if ('status' in target) {
    yield target
    return
  }
  const agent = `countersign-cli/${version}`
  const named = await findRealm(realm, { catalog: readCatalog(), target, agent, realm, tenant: undefined })
  yield* examineClient(clientId, { target, agent, realm: named })
}

async function* examineAll(options: DoctorOptions, environment: DoctorEnvironment): AsyncIterable<Finding> {
  yield checkNode(process.version)
  const { findings, configuration } = checkConfiguration(environment.terminal.env, options.config)
  yield* findings
  if (!configuration) {
    yield checkNamed('Other checks').skip('The server does not start with this configuration.')
    return
  }
  yield* checkFiles(configuration)
  const listeners = await checkListeners(configuration)
  const isServed = listeners.some(({ status }) => status === 'ok')
  yield await checkDatabase(configuration, environment.inspectDatabase, isServed)
  if (configuration.redisUrl !== undefined) yield await checkRedis(configuration.redisUrl)
  yield* listeners
  yield* examineServer(environment, configuration)
}

async function* examineServer(
  environment: DoctorEnvironment,
  configuration: Configuration | undefined,
): AsyncIterable<Finding> {
  const { terminal, version, now } = environment
  const agent = `countersign-cli/${version}`
  const target = targetOf(terminal, configuration)
  if (configuration) yield* await checkDiscovery(configuration.publicUrl)
  if ('status' in target) {
    yield target
    return
  }
  yield* await checkNotices(target.url)
  const api = await checkAdminApi(target, agent, now)
  yield* api
  if (api[0]?.status !== 'ok') {
    yield checkNamed('Event log').skip('The admin API did not respond.')
    return
  }
  if (!configuration) {
    const issuer = await issuerOf(target, agent)
    if (issuer === undefined) yield checkNamed('Discovery').skip('The key has no access to the default realm.')
    else yield* await checkDiscovery(issuer)
  }
  yield await checkPkce(target, agent)
  yield await checkScopes(target, agent)
  yield await checkChains(target, agent)
}

/** The server from the configuration or the environment; a finding if there is none. */
function targetOf(terminal: Terminal, configuration: Configuration | undefined): Target | Finding {
  const { env } = terminal
  try {
    const url = configuration?.adminUrl ?? findUrl(env)
    const key = configuration?.adminApiKey
    if (key !== undefined) return { url, key, keySource: 'the key of the configuration' }
    return { url, ...findKey({ ...env, ...(configuration && { COUNTERSIGN_DATA_DIR: configuration.dataDir }) }, url) }
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error
    return checkNamed('Admin API').fail(error.message, error.remedy)
  }
}

function lineOf({ check, status, message, remedy }: Finding, terminal: Terminal): string {
  const indent = ' '.repeat(6 + CHECK_WIDTH)
  const room = Math.max(30, Math.min(terminal.width ?? TEXT_WIDTH, TEXT_WIDTH) - indent.length)
  const lines = [...wrap(message, room), ...(remedy === undefined ? [] : wrap(`→ ${remedy}`, room))]
  const head = `${terminal.paint(COLORS[status], pad(status, 6))}${pad(check, CHECK_WIDTH)}`
  return lines.map((line, at) => `${at === 0 ? head : indent}${line}\n`).join('')
}

function summaryOf(failed: number, warned: number): string {
  const warnings = warned === 0 ? '' : ` ${warned} ${warned === 1 ? 'warning' : 'warnings'}.`
  if (failed > 0) return `${failed} ${failed === 1 ? 'check' : 'checks'} failed.${warnings}`
  return `No problems found.${warnings}`
}
