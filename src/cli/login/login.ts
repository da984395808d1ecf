// Owns the commands login, logout and whoami. The browser is on the same machine (RFC 8252) or on another one (RFC 8628).
import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { setTimeout as waitFor } from 'node:timers/promises'
import { ApiRefusal, call } from '../api.ts'
import { readCatalog } from '../catalog.ts'
import { CommandFailure, EXIT, type ExitCode, usage } from '../failure.ts'
import { isId, listed } from '../find.ts'
import { cellOf } from '../table.ts'
import { findKey, findUrl, givenKey, SIGN_IN_SOURCE, type Target } from '../target.ts'
import type { Terminal } from '../terminal.ts'
import { harmless, json } from '../text.ts'
import { instructionsFor, pollForSignIn, startDevice } from './device.ts'
import { authorizationUrl, exchangeCode, findIssuer, type Issuer, revoke, SignInEnded, whoIs } from './issuer.ts'
import { openLoopback } from './loopback.ts'
import { readSignIn, type SignIn, signInFile, storeSignIn } from './sign-in-file.ts'
import { freshSignIn } from './signed-in.ts'

const TIMEOUT = 300_000

/** The environment of the three commands. */
export interface LoginSetting {
  readonly terminal: Terminal
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** The User-Agent, `name/version`. */
  readonly agent: string
}

export interface LoginOptions {
  readonly server?: string
  /** The id of a tenant. */
  readonly tenant?: string
  /** Whether to open a browser; true by default. */
  readonly browser?: boolean
  /** Whether to show a code for a browser on another machine. */
  readonly device?: boolean
}

/**
 * Signs in a user and stores the tokens in a file that only this user can read.
 * @throws CommandFailure
 */
export async function login(options: LoginOptions, setting: LoginSetting): Promise<ExitCode> {
  const { terminal } = setting
  const url = findUrl(terminal.env, options.server)
  signInFile(terminal)
  refuseSlug(options.tenant)
  const issuer = await findIssuer(url, options.tenant)
  const tokens = options.device ? await withCode(issuer, setting) : await withBrowser(issuer, options, setting)
  const realm = await onlyRealm(url, tokens, setting.agent)
  const signIn = { ...tokens, ...(realm !== undefined && { realm }) }
  const before = readSignIn(terminal, url)
  storeSignIn(terminal, url, signIn)
  // The earlier sign-in is not used any more.
  if (before) await revoke(before).catch(() => {})
  const { email } = await whoIs(signIn)
  terminal.out(`Signed in to ${url} as ${harmless(String(email))}.\n`)
  if (realm !== undefined) terminal.note(`Commands use the realm ${harmless(realm)}, unless --realm names another one.`)
  const { key } = givenKey(terminal.env) ?? {}
  if (key) terminal.note('COUNTERSIGN_ADMIN_API_KEY is set, so commands use this key instead of the sign-in.')
  return EXIT.done
}

// Without a sign-in, the server finds no tenant by its slug: strangers could try names to learn who is a customer.
function refuseSlug(tenant: string | undefined): void {
  if (tenant === undefined || isId(tenant)) return
  throw usage(
    `${harmless(tenant)} is not the id of a tenant, and a sign-in cannot use its slug.`,
    'Use --tenant with the id, tnt_…. The administrator of the platform sees it with countersign tenant list.',
  )
}

/** The issuer id of the only realm of a tenant whose administrator cannot reach the realm `default`. */
async function onlyRealm(url: string, { accessToken: key }: SignIn, agent: string): Promise<string | undefined> {
  const target = { url, key, keySource: SIGN_IN_SOURCE }
  try {
    const { body } = await call(target, agent, { method: 'GET', path: '/v1/realms', query: { limit: '200' } })
    const ids = (body as { data: { issuer_id: string }[] }).data.map(({ issuer_id: id }) => id)
    return ids.length === 1 && ids[0] !== 'default' ? ids[0] : undefined
  } catch (error) {
    // An administrator who may not see realms names one.
    if (error instanceof ApiRefusal) return undefined
    throw error
  }
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
    timeout: TIMEOUT,
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
      throw new CommandFailure(EXIT.failed, 'The sign-in was cancelled.', 'Try again: countersign login --device')
    })
  return pollForSignIn(issuer, device, { now, wait, note: terminal.note })
}

/** Revokes the tokens and deletes them. @throws CommandFailure if there is no sign-in */
export async function logout(options: Pick<LoginOptions, 'server'>, { terminal }: LoginSetting): Promise<ExitCode> {
  const url = findUrl(terminal.env, options.server)
  const signIn = readSignIn(terminal, url)
  if (!signIn) throw usage(`You are not signed in to ${url}.`)
  try {
    await revoke(signIn)
  } catch (error) {
    if (!(error instanceof SignInEnded)) {
      terminal.note('Warning: the refresh token could not be revoked. It is valid until it expires.')
    }
  }
  storeSignIn(terminal, url, undefined)
  terminal.out(`Signed out of ${url}.\n`)
  return EXIT.done
}

/** Prints the key or the sign-in that commands use. @throws CommandFailure if there is neither */
export async function whoami(
  options: Pick<LoginOptions, 'server'> & { readonly json?: boolean },
  { terminal, now, agent }: LoginSetting,
): Promise<ExitCode> {
  const url = findUrl(terminal.env, options.server)
  const signIn = givenKey(terminal.env) ? undefined : await freshSignIn(terminal, url, now)
  const facts = signIn ? await factsOf(signIn) : await factsOfKey({ url, ...findKey(terminal.env, url) }, agent)
  const all = { server: url, ...facts }
  if (options.json) terminal.out(`${json(all, 2)}\n`)
  else for (const [name, value] of Object.entries(all)) terminal.out(`${name}: ${cellOf(value)}\n`)
  return EXIT.done
}

/** What the list of API keys says of a key. */
async function factsOfKey(target: Target, agent: string): Promise<Record<string, unknown>> {
  const { keySource, key } = target
  try {
    const keys = await listed('api-key', { catalog: readCatalog(), target, agent, realm: 'default', tenant: undefined })
    const own = keys.find(({ prefix }) => typeof prefix === 'string' && prefix !== '' && key.startsWith(prefix))
    const {
      name,
      reach,
      realm,
      permissions,
      expires_at: expires,
    } = own ?? {
      name: 'not in the list of keys: the configured admin key',
      reach: 'platform',
      permissions: '*',
    }
    return { key: keySource, name, reach, ...(realm ? { realm } : {}), permissions, ...(expires ? { expires } : {}) }
  } catch (error) {
    if (!(error instanceof ApiRefusal && error.status === 403)) throw error
    return { key: keySource, name: 'unknown: the key has no permission to see API keys' }
  }
}

async function factsOf(signIn: Parameters<typeof whoIs>[0]): Promise<Record<string, unknown>> {
  const { email, name, sub } = await whoIs(signIn)
  const [, payload = ''] = signIn.accessToken.split('.')
  const { org_id: tenant } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>
  return {
    email,
    ...(name !== undefined && { name }),
    user: sub,
    tenant,
    issuer: signIn.issuer,
    account: `${signIn.issuer}/account`,
  }
}

function secret(): string {
  return randomBytes(32).toString('base64url')
}

// If no browser can be opened, the user can open the printed address.
function openBrowser(url: string, { env, note }: LoginSetting['terminal']): void {
  const [command = '', ...args] =
    { darwin: ['open', url], win32: ['rundll32', 'url.dll,FileProtocolHandler', url] }[process.platform as string] ??
    (['xdg-open', url] as const)
  const child = spawn(command, args, { stdio: 'ignore', detached: true, env })
  const hint = () =>
    note('The browser could not be opened. To use a browser on another machine: countersign login --device')
  child.once('error', hint)
  child.once('exit', (status) => {
    if (status !== 0 && status !== null) hint()
  })
  child.unref()
}
