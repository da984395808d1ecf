// Owns the server processes of the bench: start, memory, CPU time and end.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { closeSync, existsSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { availableParallelism } from 'node:os'
import { dirname } from 'node:path'

/** The cores of the server under test and of the load generator. */
export const SERVER_CORE = 0
export const LOAD_CORE = 1

/** Whether processes can be pinned here: Linux with taskset and two cores. */
export const PINNED =
  availableParallelism() > 1 && existsSync('/proc/self/stat') && spawnSync('taskset', ['-V']).status === 0

/** A command line that runs a Node script on one core, where that is possible. */
export function pinned(core: number, script: readonly string[]): [string, string[]] {
  return PINNED ? ['taskset', ['-c', String(core), process.execPath, ...script]] : [process.execPath, [...script]]
}

/** Puts this process beside the load generator, away from the server under test. */
export function pinSelf(): void {
  if (PINNED) spawnSync('taskset', ['-cp', String(LOAD_CORE), String(process.pid)])
}

/** A server that has just answered 200 for the first time. */
export interface Started {
  readonly server: Server
  /** Milliseconds since its process was started. */
  readonly coldStart: number
  /** Milliseconds of CPU time that it took. */
  readonly cpu: number
}

/** A server process that this bench started. */
export class Server {
  readonly #child: ChildProcess
  readonly #ended: Promise<void>
  readonly #log: string

  /**
   * @param script what Node runs, with its arguments
   * @param environment all that it gets of one, but for the path
   * @param log the file that its output goes to, in a directory that it works in
   */
  constructor(script: readonly string[], environment: Readonly<Record<string, string>>, log: string) {
    const [command, args] = pinned(SERVER_CORE, script)
    const output = openSync(log, 'w')
    this.#log = log
    this.#child = spawn(command, args, {
      cwd: dirname(log),
      env: { PATH: process.env.PATH, NODE_ENV: 'production', ...environment },
      stdio: ['ignore', output, output],
    })
    closeSync(output)
    const killed = (): boolean => this.#child.kill('SIGKILL')
    process.once('exit', killed)
    this.#ended = new Promise((resolve) => {
      this.#child.once('exit', () => {
        process.off('exit', killed)
        resolve()
      })
    })
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /**
   * Waits for the first 200 on a path.
   * @param since when the process was started, as `performance.now()` tells it
   * @throws Error where the process ends or 30 s pass, with the end of its log
   */
  async started(port: number, path: string, since: number): Promise<Started> {
    while (this.#child.exitCode === null && this.#child.signalCode === null) {
      if ((await statusOf(port, path)) === 200) {
        return { server: this, coldStart: performance.now() - since, cpu: cpuTimeOf(this.pid) }
      }
      if (performance.now() - since > 30_000) break
      await delay(2)
    }
    const said = readFileSync(this.#log, 'utf8').slice(-2000)
    await this.stop()
    throw new Error(`The server did not answer 200 on ${path}.\n${said}`)
  }

  /** Resident memory in MB (10^6 bytes); 0 where the system does not say. */
  rss(): number {
    return rssOf(this.pid)
  }

  /** Asks the process to end, and makes it after 10 s. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#child.kill('SIGTERM')
    const impatience = setTimeout(() => this.#child.kill('SIGKILL'), 10_000)
    await this.#ended
    clearTimeout(impatience)
  }
}

/** The status of a GET on the loopback address; 0 where nothing answers. */
export function statusOf(port: number, path: string): Promise<number> {
  return new Promise((resolve) => {
    const asked = request({ host: '127.0.0.1', port, path, agent: false, timeout: 5000 }, (answer) => {
      answer.resume()
      resolve(answer.statusCode ?? 0)
    })
    asked.on('error', () => resolve(0))
    asked.on('timeout', () => asked.destroy())
    asked.end()
  })
}

// Below the ports that systems give out by themselves, so that nobody takes one while its server is restarted.
const FIRST_PORT = 20_000
const PORTS = 10_000
const given = new Set<number>()

/** A port that nobody listens on, and that this process has not given out before. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS)
    if (given.has(port) || !(await isFree(port))) continue
    given.add(port)
    return port
  }
  throw new Error('There is no free port.')
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.on('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

/** Waits. */
export function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}

function rssOf(pid: number): number {
  try {
    const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
    return line === null ? 0 : (Number(line[1]) * 1024) / 1e6
  } catch {
    return 0
  }
}

/** The middle value; 0 for none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right)
  const middle = sorted.length / 2
  if (sorted.length === 0) return 0
  if (sorted.length % 2 === 1) return sorted[Math.floor(middle)] as number
  return ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2
}

const TICK_MS = 10

interface ProcessTime {
  readonly name: string
  /** A thread of the kernel: a child of process 2. */
  readonly kernel: boolean
  /** User and system time of all its threads, in ticks of 10 ms. */
  readonly ticks: number
}

/** Every process's CPU time by its id. */
export function cpuTimes(): Map<number, ProcessTime> {
  const ids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))
  const times = ids.map((id) => [Number(id), processTime(id)] as const)
  return new Map(times.filter((entry): entry is [number, ProcessTime] => entry[1] !== undefined))
}

/** Milliseconds of CPU time that a process has used; 0 where the system does not say. */
export function cpuTimeOf(pid: number): number {
  return (processTime(String(pid))?.ticks ?? 0) * TICK_MS
}

function processTime(id: string): ProcessTime | undefined {
  try {
    const stat = readFileSync(`/proc/${id}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return {
      name: stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')')),
      kernel: fields[1] === '2' || id === '2',
      ticks: Number(fields[11]) + Number(fields[12]),
    }
  } catch {
    return undefined
  }
}
