// Owns the Redis server of the tests, and a connection to it that tests can cut.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { notInstalled } from './real-parts.ts'
import { freePort } from './server.ts'

export interface TestRedis {
  readonly url: string
  /** Ends it, where it was started for the tests. */
  stop(): Promise<void>
}

/** Where a server is looked for before one is started. */
const USUAL = process.env.COUNTERSIGN_TEST_REDIS_URL ?? 'redis://127.0.0.1:6379'
const BINARIES = ['redis-server', 'valkey-server']
const PATIENCE = 10_000

/** The line of a test on a machine without Redis. */
export const NO_REDIS = notInstalled('redis-server', 'everything that needs a Redis server')

/**
 * The Redis at 127.0.0.1:6379 (or `COUNTERSIGN_TEST_REDIS_URL`) where one answers, else one that is started for this
 * process. Others may use it: keys need a prefix of their own.
 * @returns undefined on a machine that has neither
 */
export async function redisForTests(): Promise<TestRedis | undefined> {
  return (await speaksRedis(USUAL)) ? { url: USUAL, stop: async () => {} } : startRedis()
}

/**
 * Starts a Redis that nobody else uses, on a free port, keeping nothing on disk.
 * @param settings as on its command line
 * @returns undefined where none is installed
 */
export async function startRedis(settings: readonly string[] = []): Promise<TestRedis | undefined> {
  for (const binary of BINARIES) {
    const port = await freePort()
    const fixed = ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no']
    const server = spawn(binary, [...fixed, ...settings], { stdio: 'ignore' })
    let running = true
    const ended = new Promise<void>((resolve) => {
      for (const end of ['exit', 'error']) server.once(end, () => resolve())
    }).then(() => {
      running = false
    })
    const url = `redis://127.0.0.1:${port}`
    if (!(await ready(url, () => running))) {
      server.kill('SIGKILL')
      continue
    }
    const abandon = () => server.kill('SIGKILL')
    process.once('exit', abandon)
    return {
      url,
      async stop() {
        process.off('exit', abandon)
        server.kill('SIGTERM')
        await ended
      },
    }
  }
  return undefined
}

async function ready(url: string, running: () => boolean): Promise<boolean> {
  for (const deadline = Date.now() + PATIENCE; running() && Date.now() < deadline; await pause(20)) {
    if (await speaksRedis(url)) return true
  }
  return false
}

/** Whether something answers a PING there, be it that it wants a password first. */
function speaksRedis(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port || 6379), timeout: 1000 })
    const end = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => socket.write('PING\r\n'))
    socket.once('data', (data) => end(/^(\+PONG|-NOAUTH)/.test(data.toString())))
    socket.once('error', () => end(false))
    socket.once('timeout', () => end(false))
  })
}

/** A prefix that no other run has. */
export function ownPrefix(): string {
  return `countersign-test:${randomBytes(8).toString('hex')}:`
}

/** A wire to a Redis. */
export interface Wire {
  /** The address of its near end. */
  readonly url: string
  /** Ends all connections and takes no more, as a Redis does that was stopped. */
  cut(): Promise<void>
  /** Keeps all connections and takes more, but passes nothing on, as a network does that fails. */
  hold(): void
  /** Lets everything through again. */
  mend(): Promise<void>
  close(): Promise<void>
}

/** Lays a wire to the Redis at an address. */
export async function wireTo(redis: string): Promise<Wire> {
  const far = new URL(redis)
  const near = await freePort()
  const sockets = new Set<Socket>()
  let held = false
  let server: Server | undefined
  const keep = (socket: Socket, other: () => Socket) => {
    sockets.add(socket)
    socket.on('data', (data) => held || other().write(data))
    socket.on('error', () => {})
    socket.on('close', () => {
      sockets.delete(socket)
      other().destroy()
    })
  }
  const open = async () => {
    held = false
    if (server) return
    server = createServer((socket) => {
      const through = connect({ host: far.hostname, port: Number(far.port || 6379) })
      keep(socket, () => through)
      keep(through, () => socket)
    })
    await new Promise<void>((resolve) => server?.listen(near, '127.0.0.1', resolve))
  }
  const cut = async () => {
    const closed = new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()))
    for (const socket of sockets) socket.destroy()
    await closed
    server = undefined
  }
  await open()
  const url = new URL(redis)
  url.host = `127.0.0.1:${near}`
  return {
    url: url.href,
    cut,
    hold: () => {
      held = true
    },
    mend: open,
    close: cut,
  }
}
