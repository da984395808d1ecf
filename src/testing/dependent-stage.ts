// Owns a running installation, of one server or of two on one database, in which things are suspended and deleted.
import { setTimeout as sleep } from 'node:timers/promises'
import type { DialectName } from './databases.ts'
import { type MailServer, startMailServer } from './mail-server.ts'
import { postgresForTests } from './postgres.ts'
import { proofKey, REDIRECT_URI } from './realm.ts'
import { type Receiver, startReceiver } from './receiver.ts'
import { startServer, type TestServer } from './server.ts'
import { type Person, UserAgent } from './user-agent.ts'

const ADMIN_KEY = 'the-admin-key-of-the-dependents-test'
const PASSWORD = 'correct horse battery staple'
/** How long another process may take to hear of a change, in milliseconds. */
export const HEARD_WITHIN = 1000

/** Something with an id, as the admin API answers it. */
export interface Made {
  readonly id: string
  readonly [field: string]: unknown
}

/** A client of a realm, and how it authenticates. */
export interface StageClient {
  readonly id: string
  readonly clientId: string
  readonly basic: string
  /** The path of its realm, such as `/realms/…`. */
  readonly base: string
}

/** The tokens that a person let a client have, and the browser where that happened. */
export interface SignedIn {
  readonly access: string
  readonly refresh: string
  readonly browser: UserAgent
}

/** A realm of a tenant of its own. */
export interface Place {
  readonly tenantId: string
  readonly issuerId: string
  /** The path of the admin API for the realm. */
  readonly admin: string
  /** The path of the realm on the public listener. */
  readonly base: string
}

type Environment = Readonly<Record<string, string>>
const direct = (url: string): Environment => ({ COUNTERSIGN_DATABASE_URL: url })

let count = 0
/** A name that nothing else has. */
export const fresh = (word: string): string => `${word}-${++count}`

/** Where scenarios play: changes are made at one process, and what becomes of it is asked at the other one. */
export class DependentStage {
  readonly one: TestServer
  readonly other: TestServer
  readonly mails: MailServer
  readonly receiver: Receiver
  readonly #closing: (() => PromiseLike<unknown>)[]

  constructor(
    servers: readonly TestServer[],
    mails: MailServer,
    receiver: Receiver,
    closing: (() => PromiseLike<unknown>)[],
  ) {
    this.one = servers[0] as TestServer
    this.other = servers.at(-1) as TestServer
    this.mails = mails
    this.receiver = receiver
    this.#closing = closing
  }

  /** @param reach how each of two servers reaches the database of a URL, where not directly */
  static async open(
    dialect: DialectName,
    reach: (url: string) => Promise<readonly [Environment, Environment]> = async (url) => [direct(url), direct(url)],
  ): Promise<DependentStage> {
    const mails = await startMailServer({ tls: 'none' })
    const receiver = await startReceiver()
    const env = {
      COUNTERSIGN_ADMIN_API_KEY: ADMIN_KEY,
      COUNTERSIGN_SMTP_URL: mails.url,
      COUNTERSIGN_SMTP_TLS: 'optional',
      COUNTERSIGN_MAIL_FROM: 'no-reply@id.example.com',
    }
    const closeParts = [() => mails[Symbol.asyncDispose](), () => receiver[Symbol.asyncDispose]()]
    if (dialect === 'sqlite') {
      const server = await startServer({ env })
      return new DependentStage([server], mails, receiver, [() => server.stop(), ...closeParts])
    }
    const database = await postgresForTests()
    const [one, other] = await reach(database.url)
    const first = await startServer({ env: { ...env, ...one } })
    const second = await startServer({
      dataDir: first.dataDir,
      env: { ...env, ...other, COUNTERSIGN_PUBLIC_URL: first.url, COUNTERSIGN_ADMIN_URL: first.adminUrl },
    })
    const closing = [() => second.stop(), () => first.stop(), () => database.close(), ...closeParts]
    return new DependentStage([first, second], mails, receiver, closing)
  }

  async close(): Promise<void> {
    for (const close of this.#closing) await close()
  }

  /** How long a change may take to be in force. */
  get patience(): number {
    return this.one === this.other ? 0 : HEARD_WITHIN
  }

  /** Waits until something is as it should be, for no longer than a change may take. @returns whether it is */
  async becomes(wanted: boolean, probe: () => Promise<boolean>): Promise<boolean> {
    const deadline = Date.now() + this.patience
    for (;;) {
      const isOver = Date.now() >= deadline
      // The parts of a probe may be asked before and after the other process hears of the change.
      const found = await probe().catch((error: unknown) => {
        if (isOver) throw error
      })
      if (found === wanted) return true
      if (isOver) return false
      await sleep(50)
    }
  }

  api<T = Made>(method: string, path: string, body?: unknown): Promise<T> {
    return this.one.api<T>(method, path, body)
  }

  /** The status of a call to the admin API at the other process. */
  async status(path: string, key: string): Promise<number> {
    return (await this.other.call('GET', path, { key })).status
  }

  /** A tenant and the realm that it came with. */
  async place(partnerId?: string): Promise<Place> {
    const slug = fresh('tenant')
    const tenant = await this.api('POST', '/v1/tenants', {
      name: slug,
      slug,
      ...(partnerId && { partner_id: partnerId }),
    })
    const { data } = await this.api<{ data: { issuer_id: string }[] }>('GET', `/v1/realms?tenant_id=${tenant.id}`)
    return placeOf(tenant.id, data[0]?.issuer_id ?? '')
  }

  /** A further realm of a tenant. */
  async realm(tenantId: string): Promise<Place & { id: string }> {
    const made = await this.api('POST', `/v1/realms?tenant_id=${tenantId}`, { name: fresh('realm') })
    return { ...placeOf(tenantId, String(made.issuer_id)), id: made.id }
  }

  async client({ admin, base }: Place, given: object = {}): Promise<StageClient> {
    const made = await this.api('POST', `${admin}/clients`, {
      label: fresh('Client'),
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
      scopes: ['openid', 'offline_access', 'read'],
      redirect_uris: [REDIRECT_URI],
      first_party: true,
      introspect_all_tokens: true,
      ...given,
    })
    return { id: made.id, clientId: String(made.client_id), basic: basicOf(made), base }
  }

  async person({ admin }: Place): Promise<Person & { id: string }> {
    const email = `${fresh('person')}@example.com`
    const { id } = await this.api('POST', `${admin}/users`, { email, password: PASSWORD })
    return { id, email, password: PASSWORD }
  }

  /** Asks an endpoint of the other process. */
  async post({ base, basic }: Pick<StageClient, 'base' | 'basic'>, path: string, fields: Record<string, string>) {
    const body = new URLSearchParams(fields)
    const response = await fetch(`${this.other.url}${base}${path}`, {
      method: 'POST',
      headers: { authorization: basic },
      body,
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json')
    return { status: response.status, body: (isJson ? JSON.parse(text) : {}) as Record<string, unknown> }
  }

  /** A token of a client for itself; undefined where it gets none. */
  async mint(
    client: Pick<StageClient, 'base' | 'basic'>,
    more: Record<string, string> = {},
  ): Promise<string | undefined> {
    const { status, body } = await this.post(client, '/oauth/token', { grant_type: 'client_credentials', ...more })
    return status === 200 ? String(body.access_token) : undefined
  }

  /** Whether introspection says that a token is active. */
  async isActive(asker: Pick<StageClient, 'base' | 'basic'>, token: string): Promise<boolean> {
    return (await this.post(asker, '/oauth/introspect', { token })).body.active === true
  }

  /** Signs a person in to a client with a browser of their own. */
  async signIn(person: Person, client: StageClient, more: Record<string, string> = {}): Promise<SignedIn> {
    const browser = new UserAgent(this.one.url)
    const { verifier, challenge } = proofKey()
    const query = new URLSearchParams({ ...authorizationOf(client, challenge), ...more })
    const callback = await browser.authorize(`${this.one.url}${client.base}/oauth/authorize?${query}`, person)
    const code = callback.searchParams.get('code') ?? ''
    const fields = { grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: REDIRECT_URI }
    const { body } = await this.post(client, '/oauth/token', fields)
    return { access: String(body.access_token), refresh: String(body.refresh_token), browser }
  }

  /** The URL of an authorization request at the first process. */
  requestUrl(client: StageClient, more: Record<string, string> = {}): string {
    const query = new URLSearchParams({ ...authorizationOf(client, proofKey().challenge), ...more })
    return `${this.one.url}${client.base}/oauth/authorize?${query}`
  }

  /** Whether a browser is still signed in, and allowed to go on to a client. */
  async isSignedIn(browser: UserAgent, client: StageClient): Promise<boolean> {
    const query = new URLSearchParams({ ...authorizationOf(client, proofKey().challenge), prompt: 'none' })
    const reply = await browser.request(`${this.other.url}${client.base}/oauth/authorize?${query}`)
    return new URL(reply.headers.get('location') ?? 'https://nowhere.example').searchParams.has('code')
  }
}

/** The Authorization header of a client that was just made. */
export function basicOf(made: Made): string {
  return `Basic ${btoa(`${made.client_id}:${made.client_secret}`)}`
}

/** Where a realm is administered and asked for tokens. */
export function placeOf(tenantId: string, issuerId: string): Place {
  return { tenantId, issuerId, admin: `/v1/realms/${issuerId}`, base: `/realms/${issuerId}` }
}

function authorizationOf({ clientId }: StageClient, challenge: string): Record<string, string> {
  return {
    response_type: 'code',
    client_id: clientId,
    redirect_uri: REDIRECT_URI,
    scope: 'openid offline_access',
    state: 'here',
    code_challenge: challenge,
    code_challenge_method: 'S256',
  }
}
