// Owns the crash test: kills the server under load, again and again, and then asks it for everything that it answered.
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { decodeJwt } from 'jose'
import { renderId } from '#kernel/id.ts'
import { loadTokens } from './bulk/tokens.ts'
import { freePort, startServer, type TestServer } from './server.ts'

/** The result of all rounds. */
export interface CrashReport {
  readonly rounds: number
  /** How many answers were checked after a restart. */
  readonly tokens: number
  readonly writes: number
  readonly events: number
  /** How many of the expired tokens were purged meanwhile. */
  readonly purged: number
  /** What was answered and is missing or no longer true; empty on success. */
  readonly lost: readonly string[]
}

interface Answers {
  readonly tokens: string[]
  readonly users: string[]
}

/** Enough callers for tokens to be issued in batches. */
const CALLERS = 24
/** How many milliseconds a server has for the first answers of each kind. */
const PATIENCE = 10_000
/** How many milliseconds later it is killed at the latest. */
const LATEST = 1000
/** How long ago the expired tokens were issued. */
const OLD = 4 * 86_400_000
/** The longest page of a list. */
const PAGE = 200

/**
 * Starts, loads, kills and checks a server `rounds` times on one database, while it purges expired tokens.
 * @param oldTokens how many expired tokens there are in the beginning
 * @param databaseUrl a PostgreSQL database; a SQLite file in a new data directory where undefined
 */
export async function crash(rounds: number, oldTokens: number, databaseUrl?: string): Promise<CrashReport> {
  const dataDir = mkdtempSync(join(tmpdir(), 'countersign-crash-'))
  const ports = { public: await freePort(), admin: await freePort() }
  const masterKey = randomBytes(32).toString('base64')
  const env: Record<string, string> = {
    COUNTERSIGN_MASTER_KEY: masterKey,
    COUNTERSIGN_ADMIN_API_KEY: 'crash-test-admin-key',
    COUNTERSIGN_LOG_LEVEL: 'warn',
    ...(databaseUrl && { COUNTERSIGN_DATABASE_URL: databaseUrl }),
  }
  const lost: string[] = []
  let [tokens, writes, events] = [0, 0, 0]
  let server = await startServer({ dataDir, ports, env })
  const client = await makeClient(server)
  await form(server, '/oauth/token', client.authorization, { grant_type: 'client_credentials' })
  await server.kill()
  await loadTokens(databaseUrl ?? join(dataDir, 'countersign.sqlite'), masterKey, { count: oldTokens, age: OLD })
  server = await startServer({ dataDir, ports, env })
  for (let round = 1; round <= rounds; round++) {
    const answers: Answers = { tokens: [], users: [] }
    let stopped = false
    const purging = purge(server).catch(() => 0)
    const callers = Array.from({ length: CALLERS }, (_, caller) =>
      load(server, client, `${round}-${caller}`, answers, () => stopped),
    )
    for (const end = Date.now() + PATIENCE; Date.now() < end && !hasBoth(answers); ) await setTimeout(5)
    await setTimeout(Math.random() * LATEST)
    await server.kill()
    stopped = true
    await Promise.all([...callers, purging])
    server = await startServer({ dataDir, ports, env })
    lost.push(...(await missing(server, client, answers)).map((what) => `round ${round}: ${what}`))
    const chain = await server.api<{ ok: boolean; checked: number }>('POST', '/v1/events/verify')
    if (!chain.ok) lost.push(`round ${round}: the event chain is broken: ${JSON.stringify(chain)}`)
    tokens += answers.tokens.length
    writes += answers.users.length
    events = chain.checked
  }
  const purged = oldTokens - (await purge(server))
  const { ok } = await server.api<{ ok: boolean }>('POST', '/v1/events/verify')
  if (!ok) lost.push('the event chain is broken after the purge')
  await server.stop()
  rmSync(dataDir, { recursive: true, force: true })
  return { rounds, tokens, writes, events, purged, lost }
}

function hasBoth({ tokens, users }: Answers): boolean {
  return tokens.length > 1 && users.length > 1
}

/** Purges what is expired, or what the time before the server is killed is enough for. @returns how many tokens */
async function purge(server: TestServer): Promise<number> {
  const before = new Date(Date.now() - OLD / 2).toISOString()
  const body = { only: ['issuances'], before, timeout_seconds: 300 }
  const { targets } = await server.api<{ targets: { rows: number }[] }>('POST', '/v1/purge', body)
  return targets[0]?.rows ?? 0
}

interface ClientCredentials {
  readonly authorization: string
}

async function makeClient(server: TestServer): Promise<ClientCredentials> {
  const { client_id: id, client_secret: secret } = await server.api<{ client_id: string; client_secret: string }>(
    'POST',
    '/v1/realms/default/clients',
    { label: 'Crash test', grant_types: ['client_credentials'], scopes: ['work'] },
  )
  return { authorization: `Basic ${btoa(`${id}:${secret}`)}` }
}

// Half of the callers ask for tokens, the others create users. A request that failed was not answered and does not count.
async function load(
  server: TestServer,
  { authorization }: ClientCredentials,
  name: string,
  answers: Answers,
  stopped: () => boolean,
): Promise<void> {
  const asksForTokens = name.endsWith('0') || Number(name.at(-1)) % 2 === 0
  for (let count = 0; !stopped(); count++) {
    try {
      if (asksForTokens) {
        const { access_token: token } = await form(server, '/oauth/token', authorization, {
          grant_type: 'client_credentials',
        })
        answers.tokens.push(String(token))
      } else {
        const user = await server.api<{ id: string }>('POST', '/v1/realms/default/users', {
          email: `${name}-${count}@crash.example`,
        })
        answers.users.push(user.id)
      }
    } catch {
      if (server.process.exitCode !== null || server.process.signalCode !== null) return
    }
  }
}

async function missing(server: TestServer, { authorization }: ClientCredentials, answers: Answers): Promise<string[]> {
  const lost: string[] = []
  for (const token of answers.tokens) {
    const { active } = await form(server, '/oauth/introspect', authorization, { token })
    if (active !== true) lost.push('a token that was handed out is not active')
  }
  const { data } = await server.api<{ data: { id: string }[] }>('GET', `/v1/realms/default/issuances?limit=${PAGE}`)
  const listed = new Set(data.map(({ id }) => id))
  for (const token of answers.tokens.slice(-PAGE / 2)) {
    if (!listed.has(renderId('issuance', String(decodeJwt(token).jti)))) lost.push('a token is in no list')
  }
  for (const id of answers.users) {
    const { status } = await server.call('GET', `/v1/realms/default/users/${id}`)
    if (status !== 200) lost.push(`the user ${id} that was created is answered with ${status}`)
  }
  return lost
}

async function form(
  { url }: TestServer,
  path: string,
  authorization: string,
  fields: Record<string, string>,
): Promise<Record<string, unknown>> {
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { authorization },
    body: new URLSearchParams(fields),
  })
  if (!response.ok) throw new Error(`${path} answered ${response.status}`)
  return (await response.json()) as Record<string, unknown>
}
