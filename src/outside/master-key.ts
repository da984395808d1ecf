// Loads or creates the master key.
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
/** Random keys have more different bytes; a placeholder such as all zeros has fewer. */
const DISTINCT_MIN = 8
const FILE = 'master.key'

export interface MasterKeyOptions {
  /** The configured key; if it is set, the file is not used. */
  readonly configured: Uint8Array | undefined
  readonly dataDir: string
  /**
   * Whether a missing file may be created. False for an existing installation, because a new key cannot decrypt its
   * secrets.
   */
  readonly mayCreate?: boolean
}

/**
 * Parses a master key: 64 hexadecimal digits, or 32 bytes in base64 or base64url.
 * @returns the 32 bytes; undefined if the text is not valid, or is one byte again and again
 */
export function parseMasterKey(text: string): Uint8Array | undefined {
  const plain = text.trim()
  const isHex = /^[0-9a-f]{64}$/i.test(plain)
  if (!isHex && !/^[A-Za-z0-9+/_-]{43}=?$/.test(plain)) return undefined
  const bytes = Buffer.from(plain, isHex ? 'hex' : 'base64')
  return bytes.length === KEY_BYTES && new Set(bytes).size >= DISTINCT_MIN ? bytes : undefined
}

/**
 * The master key: the configured key, or the key in `master.key` in the data directory, which the first start creates.
 * @throws ConfigurationError with a message that says what to do
 */
export function loadMasterKey(options: MasterKeyOptions): Uint8Array {
  if (options.configured) return options.configured
  const path = join(options.dataDir, FILE)
  const known = readKey(path)
  if (known) return known
  if (options.mayCreate === false) {
    throw new ConfigurationError([
      `${path} is missing, but the secrets in the database are encrypted with it. Restore the file from a backup, ` +
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
      `Other users can read ${path} (mode ${octal}). Run: chmod 600 '${path}'. ` +
        'If other users could have read it, treat all secrets in the database as stolen.',
    ])
  }
  const key = parseMasterKey(file.text)
  if (key) return key
  throw new ConfigurationError([
    `${path} does not contain a master key (64 hexadecimal digits or 32 bytes in base64). Restore the correct file ` +
      'from a backup. Without it, the secrets in the database cannot be decrypted.',
  ])
}

/** Reads the text and the mode from one open file, so that the file cannot be replaced in between. */
function readPrivate(path: string): { text: string; mode: number } | undefined {
  let file: number | undefined
  try {
    file = openSync(path, constants.O_RDONLY)
    return { mode: fstatSync(file).mode & 0o777, text: readFileSync(file, 'utf8') }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw new ConfigurationError([
      `${path} cannot be read (${codeOf(error)}). Make it readable for the user of the server.`,
    ])
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

/**
 * Writes the key to a temporary file and moves it to its place if no key exists there. A power failure or a second
 * process that starts at the same time cannot cause an incomplete key or two keys.
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
      `${path} cannot be created (${codeOf(error)}). Make ${directory} writable for the user of the server, or set ` +
        'COUNTERSIGN_DATA_DIR to a writable directory.',
    ])
  }
}

/** Uses a hard link, which is atomic, or an exclusive copy on file systems without hard links. */
function moveIfAbsent(from: string, to: string): void {
  const copy = () => copyFileSync(from, to, constants.COPYFILE_EXCL)
  for (const move of [() => linkSync(from, to), copy]) {
    try {
      return move()
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return
      if (move === copy) throw error
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
