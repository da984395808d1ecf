// What is on this machine: the runtime, the configuration and the files.
import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Configuration, type LoadedConfiguration, loadConfiguration } from '#outside/config.ts'
import { ConfigurationError } from '#outside/configuration-error.ts'
import { loadMasterKey } from '#outside/master-key.ts'
import { probeRedis } from '#outside/redis.ts'
import { checkNamed, type Finding } from './finding.ts'

/** What a look at a database needs to be told, and tells; see `probeDatabase` of the database room. */
export type ProbeDatabase = (place: Configuration['database']) => Promise<{
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

/** Whether this Node.js is one that the server runs on. */
export function checkNode(version: string): Finding {
  const { ok, fail } = checkNamed('Node.js')
  const [major = 0, minor = 0] = version.replace('v', '').split('.').map(Number)
  if (major > NODE_LEAST[0] || (major === NODE_LEAST[0] && minor >= NODE_LEAST[1])) return ok(`${version}.`)
  return fail(`${version} is older than ${NODE_LEAST.join('.')}.`, 'Run npm install: it brings a Node.js that fits.')
}

/** Reads the configuration as the server would. */
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

/** The directory that holds the keys, and what lies in it. */
export function checkFiles(configuration: Configuration): Finding[] {
  const { dataDir } = configuration
  if (!existsSync(dataDir)) {
    return [
      checkNamed('Data directory').fail(
        `${dataDir} is not there.`,
        'Start the server once; it sets itself up. Where it runs elsewhere: set COUNTERSIGN_DATA_DIR, or use --remote.',
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
      `${dataDir} cannot be written by this user.`,
      'Run this as the server’s user, or make that user its owner.',
    )
  }
  const { mode } = statSync(dataDir)
  if (process.platform !== 'win32' && (mode & OTHERS) !== 0) {
    return warn(`${dataDir} may be opened by other users.`, `Run: chmod 700 '${dataDir}'.`)
  }
  return ok(`${dataDir} is there, writable, and its owner’s only.`)
}

function checkMasterKey({ dataDir, masterKey, database }: Configuration): Finding {
  const { ok, fail, skip } = checkNamed('Master key')
  if (masterKey) return ok('Set by the configuration.')
  const file = join(dataDir, 'master.key')
  const fresh = !existsSync(file) && database.dialect === 'sqlite' && !existsSync(database.path)
  if (fresh) return skip('The first start makes it.')
  try {
    loadMasterKey({ configured: undefined, dataDir, mayCreate: false })
    return ok(`In ${file}, readable by its owner only.`)
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error))
  }
}

function checkFirstBootKey(dataDir: string): Finding {
  const { ok, warn } = checkNamed('First-boot key')
  const file = join(dataDir, 'admin.key.firstboot')
  if (!existsSync(file)) return ok('No longer on the disk.')
  const open = process.platform !== 'win32' && (statSync(file).mode & OTHERS) !== 0
  return warn(
    `${file} still holds a key that may do everything${open ? ', and other users may read it' : ''}.`,
    'Make keys that may do only what they are for (countersign api-key create --help), keep one, and delete the file.',
  )
}

function checkDisk({ dataDir, database }: Configuration): Finding {
  const { ok, warn, fail } = checkNamed('Disk space')
  const place = database.dialect === 'sqlite' && existsSync(dirname(database.path)) ? dirname(database.path) : dataDir
  const { bavail, bsize } = statfsSync(place)
  const free = bavail * bsize
  const text = `${(free / 2 ** 30).toFixed(1)} GiB are free in ${place}.`
  if (free < DISK_LEAST) return fail(text, 'Make room: the server refuses writes when the disk is full.')
  return free < DISK_LOW ? warn(text, 'Make room before it is full.') : ok(text)
}

/** Whether the database can be reached and has all migrations. */
export async function checkDatabase({ database }: Configuration, probe: ProbeDatabase): Promise<Finding> {
  const { ok, warn, fail } = checkNamed('Database')
  const name = database.dialect === 'sqlite' ? database.path : placeOf(database.url)
  try {
    const { made, inUse, product, missing, unknown } = await probe(database)
    if (!made) return fail(`${name} is empty.`, 'Start the server once; it makes its tables.')
    if (unknown.length > 0) {
      return fail(
        `${name} was made by a newer version (${unknown.join(', ')}).`,
        'Run that version, or restore a backup.',
      )
    }
    if (missing.length > 0) return warn(`${name} lacks ${missing.join(', ')}.`, 'The next start of the server adds it.')
    const held = inUse === undefined ? '' : inUse ? ', and a server uses it' : ', and no server uses it now'
    return ok(`${name} (${product}) is up to date${held}.`)
  } catch (error) {
    const remedy =
      database.dialect === 'sqlite'
        ? 'Restore it from a backup, or name the right file in COUNTERSIGN_DATABASE_URL.'
        : 'Is PostgreSQL running, and is COUNTERSIGN_DATABASE_URL right?'
    return fail(`${name}: ${error instanceof Error ? error.message : String(error)}.`, remedy)
  }
}

/** Whether the Redis that is configured can be reached and written to. */
export async function checkRedis(url: string): Promise<Finding> {
  const { ok, fail } = checkNamed('Redis')
  const { host, pathname } = new URL(url)
  const place = `${host}${pathname === '/' ? '' : pathname}`
  try {
    return ok(`${await probeRedis(url)} at ${place} answers and can be written to.`)
  } catch (error) {
    return fail(
      `Redis at ${place}: ${error instanceof Error ? error.message : String(error)}.`,
      'Until it answers, each server process counts its limits for itself. Is it running, and is COUNTERSIGN_REDIS_URL right?',
    )
  }
}

/** The address without the password. */
function placeOf(url: string): string {
  const { host, pathname } = new URL(url)
  return `PostgreSQL at ${host}${pathname}`
}
