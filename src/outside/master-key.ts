import { randomBytes } from 'node:crypto'
import {
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { ConfigurationError } from './configuration-error.ts'

const KEY_BYTES = 32
const FILE = 'master.key'

export interface MasterKeyOptions {
  /** The configured key; the file is not touched where there is one. */
  readonly configured: Uint8Array | undefined
  readonly dataDir: string
  /**
   * Whether a missing file may be made. False for an installation that is set up already: another key could not open
   * what the lost one sealed.
   */
  readonly mayCreate?: boolean
}

/**
 * Reads a master key's text: 64 hexadecimal digits, or 32 bytes in base64 or base64url.
 * @returns the 32 bytes, or undefined where the text is nothing of the kind
 */
export function parseMasterKey(text: string): Uint8Array | undefined {
  const plain = text.trim()
  if (/^[0-9a-f]{64}$/i.test(plain)) return Buffer.from(plain, 'hex')
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(plain)) return undefined
  const bytes = Buffer.from(plain, 'base64')
  return bytes.length === KEY_BYTES ? bytes : undefined
}

/**
 * The key that all others are derived from: the configured one, or that of `master.key` in the data directory, which
 * is made on the first start.
 * @throws ConfigurationError with a sentence that says what to do
 */
export function loadMasterKey(options: MasterKeyOptions): Uint8Array {
  if (options.configured) return options.configured
  const path = join(options.dataDir, FILE)
  const known = readKey(path)
  if (known) return known
  if (options.mayCreate === false) {
    throw new ConfigurationError([
      `${path} is missing, but the database holds what was sealed with it. Put the file back from a backup, ` +
        'or set COUNTERSIGN_MASTER_KEY to the key.',
    ])
  }
  createKey(options.dataDir, path)
  return readKey(path) as Uint8Array
}

function readKey(path: string): Uint8Array | undefined {
  const file = readPrivate(path)
  if (file === undefined) return undefined
  if (process.platform !== 'win32' && (file.mode & 0o077) !== 0) {
    const octal = file.mode.toString(8).padStart(4, '0')
    throw new ConfigurationError([
      `${path} may be read by other users (mode ${octal}). Run: chmod 600 '${path}'. ` +
        'If others may have read it, treat what it protects as known to them.',
    ])
  }
  const key = parseMasterKey(file.text)
  if (key) return key
  throw new ConfigurationError([
    `${path} does not hold a master key (64 hexadecimal digits or 32 bytes in base64). Put the right file back ` +
      'from a backup; what was sealed with it cannot be opened without it.',
  ])
}

/** The text and the mode are of one open file, so nobody can change which file it is in between. */
function readPrivate(path: string): { text: string; mode: number } | undefined {
  let file: number | undefined
  try {
    file = openSync(path, constants.O_RDONLY)
    return { mode: fstatSync(file).mode & 0o777, text: readFileSync(file, 'utf8') }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw new ConfigurationError([`${path} cannot be read (${codeOf(error)}). Make it readable for the server’s user.`])
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

/**
 * The key is written beside its place and moved there whole and only where none is: neither a power cut nor a second
 * process that starts at the same time can leave half a key or two.
 */
function createKey(directory: string, path: string): void {
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    const file = openSync(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600)
    try {
      fchmodSync(file, 0o600)
      writeSync(file, `${randomBytes(KEY_BYTES).toString('base64')}\n`)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    try {
      moveIfAbsent(draft, path)
    } finally {
      unlinkSync(draft)
    }
    syncDirectory(directory)
  } catch (error) {
    throw new ConfigurationError([
      `${path} cannot be made (${codeOf(error)}). Make ${directory} writable for the server’s user, or set ` +
        'COUNTERSIGN_DATA_DIR to a directory that is.',
    ])
  }
}

/** By a hard link, which is all or nothing; by an exclusive copy on file systems that have none. */
function moveIfAbsent(from: string, to: string): void {
  const copy = () => copyFileSync(from, to, constants.COPYFILE_EXCL)
  for (const place of [() => linkSync(from, to), copy]) {
    try {
      return place()
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return
      if (place === copy) throw error
    }
  }
}

function syncDirectory(directory: string): void {
  if (process.platform === 'win32') return
  const handle = openSync(directory, constants.O_RDONLY)
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error)
}
