// Signing in from a terminal with a browser on the machine (RFC 8252) or anywhere (RFC 8628), signing out, and who one is.
import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { setTimeout as waitFor } from 'node:timers/promises'
import { CommandFailure, EXIT, type ExitCode, usage } from '../failure.ts'
import { findKey, findUrl, givenKey } from '../target.ts'
import type { Terminal } from '../terminal.ts'
import { harmless, json } from '../text.ts'
import { instructionsFor, pollForSignIn, startDevice } from './device.ts'
import { authorizationUrl, exchangeCode, findIssuer, type Issuer, revoke, SignInEnded, whoIs } from './issuer.ts'
import { openLoopback } from './loopback.ts'
import { keepSignIn, readSignIn, type SignIn, signInFile } from './sign-in-file.ts'
import { freshSignIn } from './signed-in.ts'

const PATIENCE = 300_000

/** What the three commands are carried out with. */
export interface LoginSetting {
  readonly terminal: Terminal
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** What this program calls itself. */
  readonly agent: string
}

export interface LoginOptions {
  readonly server?: string
  /** A tenant’s slug. */
  readonly tenant?: string
  /** Whether to open a browser; true unless told. */
  readonly browser?: boolean
  /** Whether to show a code, to be entered in a browser on another machine. */
  readonly device?: boolean
}

/**
 * Has a person sign in and keeps what that gives, in a file that only they can read.
 * @throws CommandFailure
 */
export async function login(options: LoginOptions, setting: LoginSetting): Promise<ExitCode> {
  const { terminal } = setting
  const url = findUrl(terminal.env, options.server)
  signInFile(terminal)
  const issuer = await findIssuer(url, options.tenant)
  const signIn = options.device ? await withCode(issuer, setting) : await withBrowser(issuer, options, setting)
  const before = readSignIn(terminal, url)
  keepSignIn(terminal, url, signIn)
  // The one before is of no use to anybody any more.
  if (before) await revoke(before).catch(() => {})
  const { email } = await whoIs(signIn)
  terminal.out(`Signed in to ${url} as ${harmless(String(email))}.\n`)
  const { key } = givenKey(terminal.env) ?? {}
  if (key) terminal.note('COUNTERSIGN_ADMIN_API_KEY is set and is used instead, until it is not.')
  return EXIT.done
}

async function withBrowser(
  issuer: Issuer,
  { browser }: LoginOptions,
  { terminal, now }: LoginSetting,
): Promise<SignIn> {
  const [state, verifier] = [secret(), secret()]
  const loopback = await openLoopback({
    state,
    issuer: issuer.issuer,
    patience: PATIENCE,
    interruption: terminal.interruption(),
  })
  try {
    const { redirectUri } = loopback
    const challenge = createHash('sha256').update(verifier).digest('base64url')
    const address = authorizationUrl(issuer, { redirectUri, state, challenge })
    terminal.note(`Sign in with a browser on this machine:\n\n  ${address}\n`)
    if (terminal.interactive && browser !== false) openBrowser(address, terminal)
    const code = await loopback.code
    return await exchangeCode(issuer, { code, verifier, redirectUri }, now())
  } finally {
    loopback.close()
  }
}

async function withCode(issuer: Issuer, { terminal, now, agent }: LoginSetting): Promise<SignIn> {
  const signal = terminal.interruption()
  const device = await startDevice(issuer, agent)
  terminal.note(`${instructionsFor(device)}\n`)
  const wait = (milliseconds: number) =>
    waitFor(milliseconds, undefined, { signal }).catch(() => {
      throw new CommandFailure(EXIT.failed, 'The sign-in was given up.', 'Try again: countersign login --device')
    })
  return pollForSignIn(issuer, device, { now, wait, note: terminal.note })
}

/** Gives the tokens back and forgets them. @throws CommandFailure where nobody is signed in */
export async function logout(options: Pick<LoginOptions, 'server'>, { terminal }: LoginSetting): Promise<ExitCode> {
  const url = findUrl(terminal.env, options.server)
  const signIn = readSignIn(terminal, url)
  if (!signIn) throw usage(`Nobody is signed in to ${url}.`)
  try {
    await revoke(signIn)
  } catch (error) {
    if (!(error instanceof SignInEnded)) {
      terminal.note('Warning: the server was not told; its refresh token goes on until it expires.')
    }
  }
  keepSignIn(terminal, url, undefined)
  terminal.out(`Signed out of ${url}.\n`)
  return EXIT.done
}

/** Says with what commands are sent: a key, or as whom. @throws CommandFailure where there is neither */
export async function whoami(
  options: Pick<LoginOptions, 'server'> & { readonly json?: boolean },
  { terminal, now }: LoginSetting,
): Promise<ExitCode> {
  const url = findUrl(terminal.env, options.server)
  const signIn = givenKey(terminal.env) ? undefined : await freshSignIn(terminal, url, now)
  const facts = signIn ? await factsOf(signIn) : { key: findKey(terminal.env, url).keySource }
  const all = { server: url, ...facts }
  if (options.json) terminal.out(`${json(all, 2)}\n`)
  else for (const [name, value] of Object.entries(all)) terminal.out(`${name}: ${harmless(String(value))}\n`)
  return EXIT.done
}

async function factsOf(signIn: Parameters<typeof whoIs>[0]): Promise<Record<string, unknown>> {
  const { email, name, sub } = await whoIs(signIn)
  const [, payload = ''] = signIn.accessToken.split('.')
  const { org_id: organization } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>
  return { email, ...(name !== undefined && { name }), user: sub, organization, issuer: signIn.issuer }
}

function secret(): string {
  return randomBytes(32).toString('base64url')
}

// Where none can be opened, the address was printed, and there is another way.
function openBrowser(url: string, { env, note }: LoginSetting['terminal']): void {
  const [command = '', ...args] =
    { darwin: ['open', url], win32: ['rundll32', 'url.dll,FileProtocolHandler', url] }[process.platform as string] ??
    (['xdg-open', url] as const)
  const child = spawn(command, args, { stdio: 'ignore', detached: true, env })
  const hint = () => note('No browser could be opened here. With one on another machine: countersign login --device')
  child.once('error', hint)
  child.once('exit', (status) => {
    if (status !== 0 && status !== null) hint()
  })
  child.unref()
}
