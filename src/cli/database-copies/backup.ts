// Makes backups and restores them, on the machine that has the configuration of the server.
import { createHash } from 'node:crypto'
import {
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import * as z from 'zod'
import { loadConfiguration } from '#outside/config.ts'
import type { Configuration } from '#outside/configuration.ts'
import { ConfigurationError } from '#outside/configuration-error.ts'
import { CommandFailure, EXIT, usage } from '../failure.ts'
import type { Terminal } from '../terminal.ts'
import { json } from '../text.ts'

export interface BackupOptions {
  /** The server’s configuration file. */
  readonly config?: string
  readonly json?: boolean
}

export interface RestoreOptions extends BackupOptions {
  /** Replace a database that has something. */
  readonly force?: boolean
}

/** Copies and restores databases; see `src/database/backup.ts`. */
export interface DatabaseCopies {
  /** The name of a copy, by the kind of the database. */
  readonly files: Readonly<Record<Configuration['database']['dialect'], string>>
  /** The migrations that this version knows. */
  readonly migrations: readonly string[]
  copy(
    place: Configuration['database'],
    file: string,
    path: string,
  ): Promise<{
    readonly migrations: readonly string[]
    readonly heads: readonly { readonly tenantId: string; readonly seq: number; readonly hash: string }[]
  }>
  restore(
    place: Configuration['database'],
    file: string,
    options: { readonly force: boolean; readonly path: string },
  ): Promise<void>
}

/** The environment of these commands. */
export interface BackupEnvironment {
  readonly terminal: Terminal
  readonly version: string
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly copies: DatabaseCopies
}

const MANIFEST = 'manifest.json'
const NOT_IN_IT = [
  'the master key',
  'signing keys that are in a key store outside of the database',
  'the configuration, and the first API key in admin.key.firstboot',
] as const

const Manifest = z.object({
  format: z.literal(1),
  version: z.string(),
  dialect: z.enum(['sqlite', 'postgres']),
  created_at: z.string(),
  migrations: z.array(z.string()),
  files: z.array(z.object({ name: z.string().regex(/^[\w.-]+$/), bytes: z.number().int(), sha256: z.string() })).min(1),
  event_heads: z.array(z.object({ tenant_id: z.string(), seq: z.number(), hash: z.string() })),
  not_included: z.array(z.string()),
})
type Manifest = z.output<typeof Manifest>

/** Copies the database of the configuration into a folder. @throws CommandFailure if that is not possible */
export async function runBackup(
  folder: string,
  options: BackupOptions,
  { terminal, version, now, copies }: BackupEnvironment,
): Promise<void> {
  const { database } = configurationOf(options, terminal)
  if (existsSync(folder) && readdirSync(folder).length > 0) throw usage(`${folder} is not empty. Name a new folder.`)
  const createdAt = new Date(now()).toISOString()
  const name = copies.files[database.dialect]
  const manifest = await told(async (): Promise<Manifest> => {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const { migrations, heads } = await copies.copy(database, join(folder, name), terminal.env.PATH ?? '')
    return {
      format: 1,
      version,
      dialect: database.dialect,
      created_at: createdAt,
      migrations: [...migrations],
      files: [{ name, ...(await measure(join(folder, name))) }],
      event_heads: heads.map(({ tenantId, seq, hash }) => ({ tenant_id: tenantId, seq, hash })),
      not_included: [...NOT_IN_IT],
    }
  })
  // A folder without a manifest is not a backup: it comes last, and at once.
  const draft = join(folder, `${MANIFEST}.draft`)
  writeFileSync(draft, `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600, flush: true })
  renameSync(draft, join(folder, MANIFEST))
  if (options.json) return terminal.out(`${json(manifest, 2)}\n`)
  const [file] = manifest.files
  terminal.out(
    `Backup of ${createdAt} in ${folder}: ${file?.name}, ${((file?.bytes ?? 0) / 2 ** 20).toFixed(1)} MB.\n` +
      `Not in it: ${NOT_IN_IT.join('; ')}. Keep them in another place.\n`,
  )
}

/** Puts a backup in the place of the database of the configuration. @throws CommandFailure if that is not possible */
export async function runRestore(
  folder: string,
  options: RestoreOptions,
  { terminal, copies }: Pick<BackupEnvironment, 'terminal' | 'copies'>,
): Promise<void> {
  const { database } = configurationOf(options, terminal)
  const manifest = manifestIn(folder)
  if (manifest.dialect !== database.dialect) {
    throw refused(`The backup is of ${manifest.dialect}, and database_url is of ${database.dialect}.`)
  }
  const known = new Set(copies.migrations)
  const unknown = manifest.migrations.filter((name) => !known.has(name))
  if (unknown.length > 0) {
    throw refused(`The backup is of a newer version (${manifest.version}). Restore it with that version.`)
  }
  const [file] = manifest.files
  const path = join(folder, file?.name ?? '')
  const measured = await told(() => measure(path))
  if (measured.bytes !== file?.bytes || measured.sha256 !== file.sha256) {
    throw refused(`${path} is not what was backed up: its checksum is another one.`)
  }
  await told(() => copies.restore(database, path, { force: options.force === true, path: terminal.env.PATH ?? '' }))
  if (options.json) return terminal.out(`${json(manifest, 2)}\n`)
  terminal.out(
    `The database has the state of ${manifest.created_at}.\n` +
      `Put the master key in its place (${manifest.not_included.slice(1).join('; ')}: too, where they are needed), ` +
      'start the server, and run: countersign event verify\n',
  )
}

function configurationOf({ config }: BackupOptions, { env }: Terminal) {
  try {
    return loadConfiguration({ env, argv: config === undefined ? [] : ['--config', config] }).configuration
  } catch (error) {
    if (error instanceof ConfigurationError) throw refused(error.message)
    throw error
  }
}

function manifestIn(folder: string): Manifest {
  try {
    return Manifest.parse(JSON.parse(readFileSync(join(folder, MANIFEST), 'utf8')))
  } catch {
    throw refused(`${folder} has no ${MANIFEST} of a complete backup.`)
  }
}

async function measure(path: string): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return { bytes: statSync(path).size, sha256: hash.digest('hex') }
}

/** Errors have sentences for the operator. */
async function told<Value>(work: () => Promise<Value>): Promise<Value> {
  try {
    return await work()
  } catch (error) {
    throw refused(error instanceof Error ? error.message : String(error))
  }
}

const refused = (message: string) => new CommandFailure(EXIT.failed, message)
