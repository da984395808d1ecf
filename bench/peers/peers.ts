// Owns how the bench starts the servers that Countersign is compared with.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort, Server, type Started } from '../process.ts'
import type { ClientCredentials, Person, Target } from '../target.ts'
import type { Fixture } from './fixture.ts'

/** A server that can be started again and again on what the start before left behind. */
export interface Contestant {
  readonly name: string
  /** Starts it and waits for its discovery document. */
  start(): Promise<Started>
  /** What the load generator must know; registers clients and users where that is done over the network. */
  target(): Promise<Target>
}

const PATHS = {
  'oidc-provider': {
    token: '/token',
    introspect: '/token/introspection',
    userinfo: '/me',
    authorize: '/auth',
    jwks: '/jwks',
    par: '/request',
  },
  floor: { token: '/token', introspect: '/introspect', userinfo: '/userinfo', authorize: '/authorize', jwks: '/jwks' },
}

/**
 * One of the two servers that Countersign is measured against.
 * @param directory for its files; made where it does not exist
 * @param people with the argon2id hashes of their passwords
 */
export async function peer(
  name: keyof typeof PATHS,
  directory: string,
  people: readonly (Person & { passwordHash: string })[],
): Promise<Contestant> {
  mkdirSync(directory, { recursive: true })
  const port = await freePort()
  const secret = (of: string): string => `${of}-secret-0123456789-0123456789-0123456789`
  const fixture: Fixture = {
    port,
    origin: `http://127.0.0.1:${port}`,
    directory,
    service: { id: 'service', secret: secret('service') },
    web: { id: 'web', secret: secret('web') },
    offline: { id: 'offline', secret: secret('offline') },
    redirectUri: 'https://app.example.com/callback',
    resource: 'https://api.example.com',
    opaqueResource: 'https://opaque.example.com',
    scope: 'read',
    people: people.map(({ login, passwordHash }) => ({ login, passwordHash })),
  }
  const script = fileURLToPath(new URL(`./${name}.ts`, import.meta.url))
  const paths = { ...PATHS[name], discovery: '/.well-known/openid-configuration' }
  return {
    name,
    async start() {
      const since = performance.now()
      const environment = { BENCH_FIXTURE: JSON.stringify(fixture) }
      const server = new Server([script], environment, join(directory, 'output.log'))
      return server.started(port, paths.discovery, since)
    },
    async target() {
      return {
        port,
        host: `127.0.0.1:${port}`,
        paths,
        services: [{ ...fixture.service, path: paths.token }],
        resource: fixture.resource,
        ...(name === 'oidc-provider'
          ? {
              introspectedResource: fixture.opaqueResource,
              dpop: true,
              registered: await register(`${fixture.origin}/reg`, fixture.redirectUri),
            }
          : {}),
        scope: fixture.scope,
        web: fixture.web,
        offline: fixture.offline,
        redirectUri: fixture.redirectUri,
        people: people.map(({ login, password }) => ({ login, password })),
        fields: { login: 'login', password: 'password' },
      }
    },
  }
}

/** Registers a web client (RFC 7591). @param url of the registration endpoint */
export async function register(url: string, redirectUri: string): Promise<ClientCredentials> {
  const metadata = {
    client_name: 'Registered',
    redirect_uris: [redirectUri],
    grant_types: ['authorization_code'],
    token_endpoint_auth_method: 'client_secret_basic',
    id_token_signed_response_alg: 'ES256',
  }
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(metadata) })
  const body = (await response.json()) as { client_id: string; client_secret: string }
  if (response.status !== 201) throw new Error(`${url} answered ${response.status}: ${JSON.stringify(body)}`)
  return { id: body.client_id, secret: body.client_secret }
}
