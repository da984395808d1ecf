// Owns what the peer servers are configured with.
import type { ClientCredentials } from '../target.ts'

/** What a peer is to know when it starts; made by the driver, handed over in the environment variable BENCH_FIXTURE. */
export interface Fixture {
  readonly port: number
  readonly origin: string
  /** A directory of its own. */
  readonly directory: string
  readonly service: ClientCredentials
  readonly web: ClientCredentials
  readonly offline: ClientCredentials
  readonly redirectUri: string
  /** Access tokens for it are JWTs. */
  readonly resource: string
  /** Access tokens for it are opaque, where a server cannot introspect its JWTs. */
  readonly opaqueResource: string
  readonly scope: string
  readonly people: readonly { readonly login: string; readonly passwordHash: string }[]
}

/** Seconds that an access token lives. */
export const TOKEN_LIFETIME = 3600

/** Reads the fixture that the driver handed over. */
export function readFixture(): Fixture {
  return JSON.parse(process.env.BENCH_FIXTURE ?? '{}')
}

/** A sign-in page; as plain as can be. */
export function signInPage(action: string): string {
  return `<!doctype html><title>Sign in</title><form method="post" action="${action}"><input type="email" name="login"><input type="password" name="password"><button>Sign in</button></form>`
}
