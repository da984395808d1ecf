// Owns how the bench starts Countersign and registers its clients and users.
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Contestant, register } from './peers/peers.ts'
import { freePort, Server, type Started } from './process.ts'
import type { ClientCredentials, Issuing, Person, Target } from './target.ts'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const RESOURCE = 'https://api.example.com'
const SCOPE = 'read'
const REDIRECT_URI = 'https://app.example.com/callback'

const PATHS = {
  token: '/oauth/token',
  introspect: '/oauth/introspect',
  userinfo: '/oauth/userinfo',
  authorize: '/oauth/authorize',
  jwks: '/.well-known/jwks.json',
  discovery: '/.well-known/openid-configuration',
  par: '/oauth/par',
}

/** Whether there is a server to start. */
export const COUNTERSIGN_EXISTS = existsSync(MAIN)

/** The answer of the admin API. */
export interface AdminAnswer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: whatever JSON the API answers
  readonly body: any
  readonly milliseconds: number
}

export interface CountersignOptions {
  /** For its Node. */
  readonly nodeOptions?: readonly string[]
  /** The main file of another checkout. */
  readonly main?: string
  /** Of a PostgreSQL database; SQLite by default. */
  readonly databaseUrl?: string
}

/** Countersign as the bench runs it: all by default but where it listens, its keys and where its files are. */
export class Countersign implements Contestant {
  readonly name: string
  readonly directory: string
  readonly adminKey = `sk_live_${randomBytes(32).toString('base64url')}`
  readonly masterKey = randomBytes(32).toString('base64')
  readonly #people: readonly Person[]
  readonly #command: readonly string[]
  readonly #databaseUrl: string | undefined
  #ports: { public: number; admin: number } | undefined

  /**
   * @param name in results
   * @param directory of its data; made where it does not exist
   * @param people to register
   */
  constructor(name: string, directory: string, people: readonly Person[], options: CountersignOptions = {}) {
    this.name = name
    this.directory = directory
    this.#people = people
    this.#command = [...(options.nodeOptions ?? []), options.main ?? MAIN]
    this.#databaseUrl = options.databaseUrl
    mkdirSync(directory, { recursive: true })
  }

  get adminPort(): number {
    return this.#ports?.admin ?? 0
  }

  /** Where its database is: a URL, or the file of SQLite. */
  get database(): string {
    return this.#databaseUrl ?? join(this.directory, 'data', 'countersign.sqlite')
  }

  async start(): Promise<Started> {
    this.#ports ??= { public: await freePort(), admin: await freePort() }
    const { public: open, admin } = this.#ports
    const environment = {
      COUNTERSIGN_DATA_DIR: join(this.directory, 'data'),
      COUNTERSIGN_PUBLIC_ADDRESS: `127.0.0.1:${open}`,
      COUNTERSIGN_ADMIN_ADDRESS: `127.0.0.1:${admin}`,
      COUNTERSIGN_PUBLIC_URL: `http://127.0.0.1:${open}`,
      COUNTERSIGN_ADMIN_URL: `http://127.0.0.1:${admin}`,
      COUNTERSIGN_ADMIN_API_KEY: this.adminKey,
      COUNTERSIGN_MASTER_KEY: this.masterKey,
      ...(this.#databaseUrl !== undefined && { COUNTERSIGN_DATABASE_URL: this.#databaseUrl }),
    }
    const since = performance.now()
    const server = new Server(this.#command, environment, join(this.directory, 'output.log'))
    return server.started(open, PATHS.discovery, since)
  }

  /** Calls the admin API. @throws Error where it does not answer 2xx */
  async admin(method: string, path: string, body?: object): Promise<AdminAnswer> {
    const answer = await call(this.adminPort, method, path, this.adminKey, body)
    if (answer.status < 200 || answer.status > 299) {
      throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`)
    }
    return answer
  }

  /** Registers a client in a realm. @returns its credentials */
  async client(
    issuerId: string,
    label: string,
    grantTypes: readonly string[],
  ): Promise<{ id: string; secret: string }> {
    const interactive = grantTypes.includes('authorization_code')
    const { body } = await this.admin('POST', `/v1/realms/${issuerId}/clients`, {
      application: label,
      label,
      auth_method: 'client_secret',
      grant_types: grantTypes,
      scopes: interactive ? ['openid', 'email', 'groups', 'offline_access', SCOPE] : [SCOPE],
      audiences: [RESOURCE],
      redirect_uris: interactive ? [REDIRECT_URI] : [],
      first_party: interactive,
    })
    return { id: body.client_id, secret: body.client_secret }
  }

  /** Makes a realm with one service client. @returns the client, and how long the realm alone took */
  async realm(name: string): Promise<{ service: Issuing; milliseconds: number }> {
    const { body, milliseconds } = await this.admin('POST', '/v1/realms', { name })
    const credentials = await this.client(body.issuer_id, 'service', ['client_credentials'])
    return { service: { ...credentials, path: `/realms/${body.issuer_id}/oauth/token` }, milliseconds }
  }

  /** A web client that registers itself at the realm, which lets it. */
  async #registered(port: number): Promise<ClientCredentials> {
    await this.admin('PATCH', '/v1/realms/default', { policy: { registration: { mode: 'open' } } })
    return register(`http://127.0.0.1:${port}/oauth/register`, REDIRECT_URI)
  }

  async target(): Promise<Target> {
    const scopes = [{ name: SCOPE, description: 'Read' }]
    await this.admin('POST', '/v1/resources', { identifier: RESOURCE, slug: 'api', name: 'API', scopes })
    const service = await this.client('default', 'service', ['client_credentials'])
    const web = await this.client('default', 'web', ['authorization_code'])
    const offline = await this.client('default', 'offline', ['authorization_code', 'refresh_token'])
    for (const { login, password } of this.#people) {
      await this.admin('POST', '/v1/realms/default/users', { email: login, password })
    }
    const port = this.#ports?.public ?? 0
    return {
      port,
      host: `127.0.0.1:${port}`,
      paths: PATHS,
      services: [{ ...service, path: PATHS.token }],
      resource: RESOURCE,
      scope: SCOPE,
      web,
      offline,
      dpop: true,
      registered: await this.#registered(port),
      redirectUri: REDIRECT_URI,
      people: this.#people.map(({ login, password }) => ({ login, password })),
      fields: { login: 'email', password: 'password' },
    }
  }
}

function call(port: number, method: string, path: string, key: string, body?: object): Promise<AdminAnswer> {
  const text = body === undefined ? '' : JSON.stringify(body)
  const start = performance.now()
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${key}`,
      ...(text === '' ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
    }
    const asked = request({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk) => chunks.push(chunk))
      answer.on('error', reject)
      answer.on('end', () => {
        const said = Buffer.concat(chunks).toString()
        const milliseconds = performance.now() - start
        try {
          resolve({ status: answer.statusCode ?? 0, body: said === '' ? undefined : JSON.parse(said), milliseconds })
        } catch {
          resolve({ status: answer.statusCode ?? 0, body: said.slice(0, 300), milliseconds })
        }
      })
    })
    asked.on('error', reject)
    asked.end(text)
  })
}
