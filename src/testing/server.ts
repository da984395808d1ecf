// Starts the real server as its users do, a process of its own, and talks to it.
import { type ChildProcess, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const MAIN = new URL('../main.ts', import.meta.url).pathname
const PATIENCE = 60_000

/** What a server is started with besides its defaults. */
export interface ServerOptions {
  /** A data directory to go on with. Default: a new one, removed at the end. */
  readonly dataDir?: string
  /** Ports to use again. Default: free ones. */
  readonly ports?: { readonly public: number; readonly admin: number }
  readonly env?: Readonly<Record<string, string>>
  /** The file descriptor that it prints to, which is not recorded then. */
  readonly output?: number
  /** The command that runs it, made of the one that would. */
  readonly command?: (server: readonly string[]) => readonly [string, ...string[]]
}

/** A running server. */
export interface TestServer {
  /** The default realm’s issuer. */
  readonly url: string
  readonly adminUrl: string
  readonly adminKey: string
  readonly dataDir: string
  readonly ports: { readonly public: number; readonly admin: number }
  readonly process: ChildProcess
  /** What it printed so far. */
  output(): string
  /** Calls the admin API with the admin key. @throws Error for a status of 400 and more, with the body */
  api<T = Record<string, never>>(method: string, path: string, body?: unknown): Promise<T>
  /** Calls the admin API and gives whatever comes back. */
  call(
    method: string,
    path: string,
    options?: CallOptions,
  ): Promise<{ status: number; headers: Headers; body: unknown }>
  /** Ends the process at once, as a power cut would, and waits for its end. */
  kill(): Promise<void>
  /** Asks it to stop, waits, and removes a data directory of its own. @returns its exit code */
  stop(): Promise<number | null>
}

export interface CallOptions {
  readonly body?: unknown
  /** The bearer token. Default: the admin key, none where null. */
  readonly key?: string | null
  readonly headers?: Readonly<Record<string, string>>
}

/** Starts a server on free ports of this machine and waits until it is ready. */
export async function startServer(options: ServerOptions = {}): Promise<TestServer> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'countersign-test-'))
  const ports = options.ports ?? { public: await freePort(), admin: await freePort() }
  const url = `http://127.0.0.1:${ports.public}`
  const adminUrl = `http://127.0.0.1:${ports.admin}`
  const plain = [process.execPath, MAIN] as const
  const [program, ...args] = options.command?.(plain) ?? plain
  const output = options.output ?? 'pipe'
  const child = spawn(program, args, {
    cwd: dataDir,
    stdio: ['ignore', output, output],
    env: {
      PATH: process.env.PATH ?? '',
      COUNTERSIGN_DATA_DIR: dataDir,
      COUNTERSIGN_PUBLIC_ADDRESS: `127.0.0.1:${ports.public}`,
      COUNTERSIGN_ADMIN_ADDRESS: `127.0.0.1:${ports.admin}`,
      COUNTERSIGN_ARGON2_MEMORY_KIB: '1024',
      COUNTERSIGN_ARGON2_PASSES: '1',
      COUNTERSIGN_NETWORK_ALLOW_LOOPBACK: 'true',
      COUNTERSIGN_CONSOLE: 'false',
      COUNTERSIGN_PROXY_ADDRESS: '127.0.0.1:0',
      ...options.env,
    },
  })
  let printed = ''
  child.stdout?.on('data', (chunk) => (printed += chunk))
  child.stderr?.on('data', (chunk) => (printed += chunk))
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  await ready(`${adminUrl}/healthz`, child, () => printed)
  // What a start tells its operator follows the first answer; tests read it right after the start.
  const tells = child.stdout && !['warn', 'error'].includes(options.env?.COUNTERSIGN_LOG_LEVEL ?? 'info')
  if (tells)
    await printedBy(
      child,
      () => printed.includes('Countersign is ready.'),
      () => printed,
    )

  const configured = options.env?.COUNTERSIGN_ADMIN_API_KEY
  const adminKey = configured ?? readFileSync(join(dataDir, 'admin.key.firstboot'), 'utf8').trim()
  const call: TestServer['call'] = async (method, path, { body, key = adminKey, headers = {} } = {}) => {
    const response = await fetch(new URL(path, adminUrl), {
      method,
      headers: {
        ...(key !== null && { authorization: `Bearer ${key}` }),
        ...(body !== undefined && !(body instanceof FormData) && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && {
        body: typeof body === 'string' || body instanceof FormData ? body : JSON.stringify(body),
      }),
    })
    const streams = response.headers.get('content-type')?.startsWith('text/event-stream')
    if (streams) await response.body?.cancel()
    const text = streams ? '' : await response.text()
    const json = response.headers.get('content-type')?.includes('json')
    return {
      status: response.status,
      headers: response.headers,
      body: text === '' ? undefined : json ? JSON.parse(text) : text,
    }
  }
  return {
    url,
    adminUrl,
    adminKey,
    dataDir,
    ports,
    process: child,
    output: () => printed,
    call,
    async api<T>(method: string, path: string, body?: unknown) {
      const reply = await call(method, path, { body })
      if (reply.status >= 400)
        throw new Error(`${method} ${path} answered ${reply.status}: ${JSON.stringify(reply.body)}`)
      return reply.body as T
    },
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
    async stop() {
      child.kill('SIGTERM')
      const code = await ended
      if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true })
      return code
    },
  }
}

async function ready(url: string, child: ChildProcess, printed: () => string): Promise<void> {
  const deadline = Date.now() + PATIENCE
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`The server ended with ${child.exitCode}:\n${printed()}`)
    const response = await fetch(url).catch(() => undefined)
    await response?.text()
    if (response?.ok) return
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  child.kill('SIGKILL')
  throw new Error(`The server was not ready in time:\n${printed()}`)
}

async function printedBy(child: ChildProcess, holds: () => boolean, printed: () => string): Promise<void> {
  const deadline = Date.now() + PATIENCE
  while (!holds()) {
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill('SIGKILL')
      throw new Error(`The server did not say that it is ready:\n${printed()}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Ports that systems do not give to outgoing connections by themselves. */
const PORTS = { from: 20_000, to: 32_000 } as const
const PORT_TRIES = 50

/** A port of this machine that was free a moment ago. @throws Error if none is found */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < PORT_TRIES; tries++) {
    const port = randomInt(PORTS.from, PORTS.to)
    if (await isFree(port)) return port
  }
  throw new Error('No port is free.')
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}
