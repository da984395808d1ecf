// Determines the server and the key of a command.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ENVIRONMENT_ALIASES } from '#kernel/product-words.ts'
import { usage } from './failure.ts'
import type { Terminal } from './terminal.ts'

export interface Target {
  /** The admin listener’s origin, without a slash at the end. */
  readonly url: string
  readonly key: string
  /** Which key it is, for messages: “the key in VARIABLE”. The key itself is never printed. */
  readonly keySource: string
  /** The issuer id of the realm of commands that name none. Default: `default`. */
  readonly realm?: string
}

const URL_VARIABLE = 'COUNTERSIGN_ADMIN_URL'
const KEY_VARIABLES = ['COUNTERSIGN_ADMIN_API_KEY', ...ENVIRONMENT_ALIASES.admin_api_key]
/** {@link Target.keySource} of a sign-in. */
export const SIGN_IN_SOURCE = 'the access token of countersign login'
const FIRST_BOOT_FILE = 'admin.key.firstboot'
const DEFAULT_URL = 'http://127.0.0.1:9001'

/**
 * The server and the key from the environment.
 * @param server the value of `--server`, which overrides COUNTERSIGN_ADMIN_URL
 * @throws CommandFailure if there is no key, or the address or the key is not valid
 */
export function findTarget(terminal: Terminal, server: string | undefined): Target {
  const url = findUrl(terminal.env, server)
  const { key, keySource } = findKey(terminal.env, url)
  if (givenKey(terminal.env)) warnOfPlainHttp(terminal, url)
  else if (terminal.watched) terminal.note(`Using ${keySource}. Set COUNTERSIGN_ADMIN_API_KEY to use another key.`)
  return { url, key, keySource }
}

/** The address of the admin API. @throws CommandFailure if it is not an http or https address */
export function findUrl(env: Terminal['env'], server?: string): string {
  const given = server ?? (env[URL_VARIABLE]?.trim() || DEFAULT_URL)
  const url = URL.canParse(given) ? new URL(given) : undefined
  if (url && /^https?:$/.test(url.protocol) && !url.username && !url.search && !url.hash) {
    return url.href.replace(/\/+$/, '')
  }
  const name = server === undefined ? URL_VARIABLE : '--server'
  throw usage(`${name} must be the http or https address of the admin API, for example ${DEFAULT_URL}.`)
}

/**
 * The admin key from the environment, or the key that the first start wrote to the data directory. The latter is only
 * sent to this machine.
 * @throws CommandFailure if there is no key
 */
export function findKey(env: Terminal['env'], url: string): Omit<Target, 'url'> {
  const given = givenKey(env)
  if (given) return given
  const file = join(env.COUNTERSIGN_DATA_DIR?.trim() || './data', FIRST_BOOT_FILE)
  const key = isLocal(url) ? readKey(file) : undefined
  if (key) return { key, keySource: `the key of the first start in ${file}` }
  throw usage(
    'No API key: COUNTERSIGN_ADMIN_API_KEY is not set.',
    `Set it to an API key, or sign in: countersign login. The first start of the server wrote a key to ${FIRST_BOOT_FILE} in its data directory.`,
  )
}

/** The admin key from the environment, if any. @throws CommandFailure if it is not valid */
export function givenKey(env: Terminal['env']): Omit<Target, 'url'> | undefined {
  const [first, second] = KEY_VARIABLES.map((name) => ({ name, key: env[name]?.trim() ?? '' }))
  if (first?.key && second?.key && first.key !== second.key) {
    throw usage(`${first.name} and ${second.name} have different values.`, 'Set only one of them.')
  }
  const given = first?.key ? first : second
  if (!given?.key) return undefined
  if (/^[!-~]+$/.test(given.key)) return { key: given.key, keySource: `the key in ${given.name}` }
  throw usage(`${given.name} contains characters that a key cannot have.`, 'Set it to the key only, on one line.')
}

function readKey(file: string): string | undefined {
  try {
    const key = readFileSync(file, 'utf8').trim()
    return /^[!-~]{16,512}$/.test(key) ? key : undefined
  } catch {
    return undefined
  }
}

/** Whether a URL has a loopback address. */
export function isLocal(url: string): boolean {
  const { hostname } = new URL(url)
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}

function warnOfPlainHttp(terminal: Terminal, url: string): void {
  if (url.startsWith('http:') && !isLocal(url)) {
    terminal.note(`Warning: the key is sent unencrypted over the network to ${url}. Use an https address.`)
  }
}
