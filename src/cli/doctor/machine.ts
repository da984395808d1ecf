// Checks this machine: the runtime, the configuration, the files, the database and Redis.
import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type LoadedConfiguration, loadConfiguration } from '#outside/config.ts'
import type { Configuration } from '#outside/configuration.ts'
import { ConfigurationError } from '#outside/configuration-error.ts'
import { loadMasterKey } from '#outside/master-key.ts'
import { probeRedis } from '#outside/redis.ts'
import { checkNamed, type Finding } from './finding.ts'

/** A check of a database; see `inspectDatabase` in `src/database`. */
export type ProbeDatabase = (database: Configuration['database']) => Promise<{
  readonly made: boolean
  readonly inUse: boolean | undefined
  readonly product: string
  readonly missing: readonly string[]
  readonly unknown: readonly string[]
}>

const NODE_LEAST = [24, 12] as const
const DISK_LEAST = 100 * 2 ** 20
const DISK_LOW = 2 ** 30
const OTHERS = 0o077

/** Checks the version of Node.js. */
export function checkNode(version: string): Finding {
  const { ok, fail } = checkNamed('Node.js')
  const [major = 0, minor = 0] = version.replace('v', '').split('.').map(Number)
  if (major > NODE_LEAST[0] || (major === NODE_LEAST[0] && minor >= NODE_LEAST[1])) return ok(`${version}.`)
  return fail(`${version} is older than ${NODE_LEAST.join('.')}.`, 'Run npm install. It installs a supported Node.js.')
}

/** Reads the configuration as the server does. */
export function checkConfiguration(
  env: Readonly<Record<string, string | undefined>>,
  file: string | undefined,
): { findings: Finding[]; configuration?: Configuration } {
  const { ok, warn, fail } = checkNamed('Configuration')
  let loaded: LoadedConfiguration
  try {
    loaded = loadConfiguration({ env, argv: file === undefined ? [] : ['--config', file] })
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    return { findings: error.problems.map((problem) => fail(problem)) }
  }
  const from = loaded.file === null ? 'the environment and the defaults' : `${loaded.file} and the environment`
  return {
    findings: [ok(`Read from ${from}.`), ...loaded.warnings.map((warning) => warn(warning))],
    configuration: loaded.configuration,
  }
}

/** Checks the data directory and its files. */
export function checkFiles(configuration: Configuration): Finding[] {
  const { dataDir } = configuration
  if (!existsSync(dataDir)) {
    return [
      checkNamed('Data directory').fail(
        `${dataDir} does not exist.`,
        'Start the server once; it creates the directory. If the server uses another directory, set COUNTERSIGN_DATA_DIR. If it runs on another machine, use --remote.',
      ),
    ]
  }
  return [checkDirectory(dataDir), checkMasterKey(configuration), checkFirstBootKey(dataDir), checkDisk(configuration)]
}

function checkDirectory(dataDir: string): Finding {
  const { ok, warn, fail } = checkNamed('Data directory')
  try {
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch {
    return fail(
      `This user cannot write to ${dataDir}.`,
      'Run the doctor as the user of the server, or make that user the owner of the directory.',
    )
  }
  const { mode } = statSync(dataDir)
  if (process.platform !== 'win32' && (mode & OTHERS) !== 0) {
    return warn(`Other users can open ${dataDir}.`, `Run: chmod 700 '${dataDir}'.`)
  }
  return ok(`${dataDir} exists, is writable, and only its owner can open it.`)
}

function checkMasterKey({ dataDir, masterKey, database }: Configuration): Finding {
  const { ok, fail, skip } = checkNamed('Master key')
  if (masterKey) return ok('Set in the configuration.')
  const file = join(dataDir, 'master.key')
  const fresh = !existsSync(file) && database.dialect === 'sqlite' && !existsSync(database.path)
  if (fresh) return skip('The first start creates it.')
  try {
    loadMasterKey({ configured: undefined, dataDir, mayCreate: false })
    return ok(`In ${file}; only its owner can read it.`)
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error))
  }
}

function checkFirstBootKey(dataDir: string): Finding {
  const { ok, warn } = checkNamed('First-boot key')
  const file = join(dataDir, 'admin.key.firstboot')
  if (!existsSync(file)) return ok('The file was deleted.')
  const open = process.platform !== 'win32' && (statSync(file).mode & OTHERS) !== 0
  return warn(
    `${file} contains a key with all permissions${open ? ', and other users can read it' : ''}.`,
    'Create keys with only the necessary permissions (countersign api-key create --help), revoke this one (countersign api-key list, countersign api-key revoke), then delete the file.',
  )
}

function checkDisk({ dataDir, database }: Configuration): Finding {
  const { ok, warn, fail } = checkNamed('Disk space')
  const place = database.dialect === 'sqlite' && existsSync(dirname(database.path)) ? dirname(database.path) : dataDir
  const { bavail, bsize } = statfsSync(place)
  const free = bavail * bsize
  const text = `${(free / 2 ** 30).toFixed(1)} GiB are free in ${place}.`
  if (free < DISK_LEAST) return fail(text, 'Free some space: the server refuses writes when the disk is full.')
  return free < DISK_LOW ? warn(text, 'Free some space before the disk is full.') : ok(text)
}

/**
 * Checks that the database responds and has all migrations.
 * @param isServed whether a server responds at the configured addresses
 */
export async function checkDatabase(
  { database }: Configuration,
  probe: ProbeDatabase,
  isServed: boolean,
): Promise<Finding> {
  const { ok, warn, fail } = checkNamed('Database')
  const name = database.dialect === 'sqlite' ? database.path : addressOf(database.url)
  try {
    const { made, inUse, product, missing, unknown } = await probe(database)
    if (!made && isServed) {
      return fail(
        `${name} is empty, so it is not the database of the server that responds.`,
        'Run this command with the settings of the server: COUNTERSIGN_DATABASE_URL, COUNTERSIGN_DATA_DIR or --config.',
      )
    }
    if (!made) return fail(`${name} is empty.`, 'Start the server once; it creates the tables.')
    if (unknown.length > 0) {
      return fail(
        `${name} was migrated by a newer version (${unknown.join(', ')}).`,
        'Run that version, or restore a backup.',
      )
    }
    if (missing.length > 0) {
      return warn(
        `${name} does not have the migrations ${missing.join(', ')}.`,
        'The next start of the server adds them.',
      )
    }
    const use = inUse === undefined ? '' : inUse ? ', and a server uses it' : ', and no server uses it now'
    return ok(`${name} (${product}) is up to date${use}.`)
  } catch (error) {
    const remedy =
      database.dialect === 'sqlite'
        ? 'Restore the file from a backup, or set COUNTERSIGN_DATABASE_URL to the correct file.'
        : 'Check that PostgreSQL is running, and that COUNTERSIGN_DATABASE_URL is correct.'
    return fail(`${name}: ${error instanceof Error ? error.message : String(error)}.`, remedy)
  }
}

/** Checks that the configured Redis responds and accepts writes. */
export async function checkRedis(url: string): Promise<Finding> {
  const { ok, fail } = checkNamed('Redis')
  const { host, pathname } = new URL(url)
  const address = `${host}${pathname === '/' ? '' : pathname}`
  try {
    return ok(`${await probeRedis(url)} at ${address} responds and accepts writes.`)
  } catch (error) {
    return fail(
      `Redis at ${address}: ${error instanceof Error ? error.message : String(error)}.`,
      'Check that Redis is running, and that COUNTERSIGN_REDIS_URL is correct. Until it responds, each server process counts its own limits.',
    )
  }
}

/** The address without the user and the password. */
function addressOf(url: string): string {
  const { host, pathname } = new URL(url)
  return `PostgreSQL at ${host}${pathname}`
}
