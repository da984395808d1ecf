// Two servers on one PostgreSQL, and how long a change that one of them made takes until it is in force at the other.
import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { postgresForTests } from './postgres.ts'
import { exchange, getCode, isActive, makeClient, makePerson, post, type TestClient } from './realm.ts'
import { freePort, startServer, type TestServer } from './server.ts'
import { UserAgent } from './user-agent.ts'

const PATIENCE = 10_000

/** The kinds of changes. */
export const CHANGES = ['rotation', 'suspension', 'consent revocation', 'policy change'] as const
export type ChangeName = (typeof CHANGES)[number]

/** Two servers. */
export interface TwoProcesses {
  readonly one: TestServer
  readonly other: TestServer
  /** Starts another process in the place of `one`. */
  restart(): Promise<TestServer>
  close(): Promise<void>
}

/** Starts both. They share the database, the master key, the address and an admin key. */
export async function startTwo(): Promise<TwoProcesses> {
  const database = await postgresForTests()
  const ports = { public: await freePort(), admin: await freePort() }
  const env = {
    COUNTERSIGN_DATABASE_URL: database.url,
    COUNTERSIGN_MASTER_KEY: randomBytes(32).toString('base64'),
    COUNTERSIGN_ADMIN_API_KEY: randomBytes(24).toString('base64url'),
    COUNTERSIGN_PUBLIC_URL: `http://127.0.0.1:${ports.public}`,
  }
  const running: TestServer[] = []
  const start = async (own?: typeof ports) => {
    const server = await startServer({ env, ...(own && { ports: own }) })
    running.push(server)
    return server
  }
  const one = await start(ports)
  const other = await start()
  return {
    one,
    other,
    restart: () => start(ports),
    close: async () => {
      for (const server of running) if (server.process.exitCode === null) await server.stop()
      await database.close()
    },
  }
}

/** Makes what the changes are about. @returns a function that makes a change at one server, and measures it at the other */
export async function changesOf({ one, other }: Pick<TwoProcesses, 'one' | 'other'>) {
  const client = await makeClient(one)
  const person = await makePerson(one, `two-processes-${one === other ? 'alone' : 'both'}@example.com`)
  const agent = new UserAgent(one.url)
  let lifetime = one === other ? 600 : 6000

  const tokenAt = (server: TestServer, of: TestClient) =>
    post(server, '/oauth/token', { grant_type: 'client_credentials' }, { authorization: of.basic })
  const kidAt = async (server: TestServer) => {
    const token = String((await tokenAt(server, client)).body.access_token)
    return JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid as string
  }
  const untilAt = async (holds: () => Promise<boolean>): Promise<number> => {
    const begin = performance.now()
    while (!(await holds())) {
      if (performance.now() - begin > PATIENCE) throw new Error('The change did not reach the other process.')
      await pause(1)
    }
    return performance.now() - begin
  }

  /** Milliseconds from the response of one server until the other one acts on it. */
  const measure: Record<ChangeName, () => Promise<number>> = {
    rotation: async () => {
      await kidAt(other)
      const rotated = await one.api<{ active: { kid: string } }>('POST', '/v1/realms/default/keys/rotate', {
        immediate: true,
      })
      return untilAt(async () => (await kidAt(other)) === rotated.active.kid)
    },
    suspension: async () => {
      await untilAt(async () => (await tokenAt(other, client)).status === 200)
      await one.api('POST', `/v1/realms/default/clients/${client.id}/suspend`)
      const took = await untilAt(async () => (await tokenAt(other, client)).status !== 200)
      await one.api('POST', `/v1/realms/default/clients/${client.id}/reactivate`)
      await untilAt(async () => (await tokenAt(other, client)).status === 200)
      return took
    },
    'consent revocation': async () => {
      const reply = await exchange(one, client, await getCode(one, client, person, {}, agent))
      const token = String(reply.body.access_token)
      if (!(await isActive(other, client, token))) throw new Error('The token is not active at the other process.')
      const { data } = await one.api<{ data: { id: string }[] }>(
        'GET',
        `/v1/realms/default/grants?user_id=${person.id}&client_id=${client.id}`,
      )
      await one.api('POST', `/v1/realms/default/grants/${data[0]?.id}/revoke`)
      return untilAt(async () => !(await isActive(other, client, token)))
    },
    'policy change': async () => {
      await tokenAt(other, client)
      lifetime += 1
      await one.api('PATCH', '/v1/realms/default', { policy: { access_token_lifetime: lifetime } })
      return untilAt(async () => (await tokenAt(other, client)).body.expires_in === lifetime)
    },
  }
  return { client, person, tokenAt, measure }
}
