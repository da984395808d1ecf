// Stores sign-ins in a file that only its owner can read, one sign-in for each server.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { CommandFailure, EXIT } from '../failure.ts'
import type { Terminal } from '../terminal.ts'

/** The sign-in of a user to one server. */
export interface SignIn {
  /** The admin realm that issued the tokens, and its endpoints. */
  readonly issuer: string
  readonly tokenEndpoint: string
  readonly revocationEndpoint: string
  readonly userinfoEndpoint: string
  readonly accessToken: string
  readonly refreshToken: string
  /** The expiry time of the access token, in milliseconds since 1970. */
  readonly expiresAt: number
  /** The issuer id of the only realm within reach, if the realm `default` is not. */
  readonly realm?: string
}

type SignIns = Record<string, SignIn>

/** The file: under XDG_CONFIG_HOME, APPDATA or ~/.config. @throws CommandFailure if none is set */
export function signInFile({ env }: Pick<Terminal, 'env'>): string {
  const config = env.XDG_CONFIG_HOME || env.APPDATA || (env.HOME && join(env.HOME, '.config'))
  if (config) return join(config, 'countersign', 'sign-ins.json')
  throw new CommandFailure(EXIT.failed, 'The directory for sign-ins is unknown.', 'Set HOME or XDG_CONFIG_HOME.')
}

/** The sign-in to a server, if there is one. @param url the origin of the admin API */
export function readSignIn(terminal: Pick<Terminal, 'env'>, url: string): SignIn | undefined {
  const all = readAll(terminal)
  return Object.hasOwn(all, url) ? all[url] : undefined
}

/** Stores a sign-in and replaces an earlier one; deletes it if the argument is undefined. */
export function storeSignIn(terminal: Pick<Terminal, 'env'>, url: string, signIn: SignIn | undefined): void {
  const file = signInFile(terminal)
  const { [url]: _, ...others } = readAll(terminal)
  const all: SignIns = signIn === undefined ? others : { ...others, [url]: signIn }
  if (Object.keys(all).length === 0) {
    rmSync(file, { force: true })
    return
  }
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  // The file is written under another name and renamed, so that a reader sees the old or the new content.
  const fresh = `${file}.${process.pid}`
  writeFileSync(fresh, `${JSON.stringify(all, null, 2)}\n`, { mode: 0o600, flag: 'w' })
  renameSync(fresh, file)
}

function readAll(terminal: Pick<Terminal, 'env'>): SignIns {
  let text: string
  try {
    text = readFileSync(signInFile(terminal), 'utf8')
  } catch {
    return {}
  }
  try {
    return JSON.parse(text) as SignIns
  } catch {
    return {}
  }
}
