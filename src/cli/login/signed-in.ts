// Which credential a command sends: a key from the environment, a person’s sign-in, or the first boot’s key.
import { findTarget, findUrl, givenKey, type Target } from '../target.ts'
import type { Terminal } from '../terminal.ts'
import { refresh, SignInEnded } from './issuer.ts'
import { keepSignIn, readSignIn, type SignIn } from './sign-in-file.ts'

/** How long before its end an access token is replaced, in milliseconds: a command takes its time. */
const AHEAD = 60_000

/**
 * The server and what to send it.
 * @param server what `--server` says
 * @param now milliseconds since 1970
 * @throws CommandFailure where there is nothing to send, or a sign-in is over
 */
export async function targetOf(terminal: Terminal, server: string | undefined, now: () => number): Promise<Target> {
  const url = findUrl(terminal.env, server)
  const signIn = givenKey(terminal.env) ? undefined : await freshSignIn(terminal, url, now)
  if (!signIn) return findTarget(terminal, server)
  return { url, key: signIn.accessToken, keySource: 'countersign login' }
}

/**
 * The sign-in to a server with an access token that holds for a while; undefined where nobody is signed in.
 * @throws CommandFailure where it is over, after which nobody is
 */
export async function freshSignIn(terminal: Terminal, url: string, now: () => number): Promise<SignIn | undefined> {
  const known = hasHome(terminal) ? readSignIn(terminal, url) : undefined
  if (!known || known.expiresAt - AHEAD > now()) return known
  try {
    const next = await refresh(known, now())
    keepSignIn(terminal, url, next)
    return next
  } catch (error) {
    if (error instanceof SignInEnded) keepSignIn(terminal, url, undefined)
    throw error
  }
}

function hasHome({ env }: Terminal): boolean {
  return Boolean(env.XDG_CONFIG_HOME || env.APPDATA || env.HOME)
}
