// Chooses the credential of a command: a key from the environment, a sign-in, or the key of the first start.
import { findTarget, findUrl, givenKey, SIGN_IN_SOURCE, type Target } from '../target.ts'
import type { Terminal } from '../terminal.ts'
import { refresh, SignInEnded } from './issuer.ts'
import { readSignIn, type SignIn, storeSignIn } from './sign-in-file.ts'

/** Milliseconds before its expiry at which an access token is renewed. */
const AHEAD = 60_000

/**
 * The server and the credential.
 * @param server the value of `--server`
 * @param now milliseconds since 1970
 * @throws CommandFailure if there is no credential, or the sign-in is not valid any more
 */
export async function targetOf(terminal: Terminal, server: string | undefined, now: () => number): Promise<Target> {
  const url = findUrl(terminal.env, server)
  const signIn = givenKey(terminal.env) ? undefined : await freshSignIn(terminal, url, now)
  if (!signIn) return findTarget(terminal, server)
  const { accessToken: key, realm } = signIn
  return { url, key, keySource: SIGN_IN_SOURCE, ...(realm !== undefined && { realm }) }
}

/**
 * The sign-in to a server with an access token that does not expire soon; undefined if there is no sign-in.
 * @throws CommandFailure if the sign-in is not valid any more; the sign-in is then deleted
 */
export async function freshSignIn(terminal: Terminal, url: string, now: () => number): Promise<SignIn | undefined> {
  const known = hasHome(terminal) ? readSignIn(terminal, url) : undefined
  if (!known || known.expiresAt - AHEAD > now()) return known
  try {
    const next = await refresh(known, now())
    storeSignIn(terminal, url, next)
    return next
  } catch (error) {
    if (error instanceof SignInEnded) storeSignIn(terminal, url, undefined)
    throw error
  }
}

function hasHome({ env }: Terminal): boolean {
  return Boolean(env.XDG_CONFIG_HOME || env.APPDATA || env.HOME)
}
