// Runs an example for the tests: as a separate process, against a server.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestServer } from '#testing/server.ts'

export interface RunningExample {
  readonly process: ChildProcess
  /** Waits for a line of its output that matches. @throws Error with the whole output if the example ends without it */
  line(pattern: RegExp): Promise<RegExpExecArray>
  readonly ended: Promise<{ code: number | null; lines: string[] }>
}

/**
 * Starts an example.
 * @param path the path from this folder
 * @param env environment variables besides those for the server
 */
export function runExample(server: TestServer, path: string, env: Record<string, string> = {}): RunningExample {
  const child = spawn(process.execPath, [join(import.meta.dirname, path)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH ?? '',
      COUNTERSIGN_ADMIN_URL: server.adminUrl,
      COUNTERSIGN_ADMIN_API_KEY: server.adminKey,
      ISSUER: server.url,
      ...env,
    },
  })
  let output = ''
  const waiting = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk
      for (const look of waiting) look()
    })
  }
  const ended = new Promise<{ code: number | null; lines: string[] }>((resolve) => {
    child.once('close', (code) => resolve({ code, lines: output.split('\n').slice(0, -1) }))
  })
  return {
    process: child,
    ended,
    line: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = pattern.exec(output)
          if (found) resolve(found)
        }
        waiting.add(look)
        look()
        void ended.then(() => reject(new Error(`The example ended without ${pattern}:\n${output}`)))
      }),
  }
}

/**
 * Runs a script of an example in a folder of its own, with the commands of `bin`.
 * @param path the path from this folder
 * @param env environment variables besides those for the server
 * @param onOutput sees what it prints meanwhile
 * @returns the lines that it prints
 * @throws Error with its output if it fails
 */
export function printedBy(
  server: TestServer,
  path: string,
  env: Readonly<Record<string, string>> = {},
  onOutput: (text: string) => void = () => {},
): Promise<string[]> {
  const cwd = mkdtempSync(join(tmpdir(), 'countersign-script-'))
  const given = {
    PATH: `${join(import.meta.dirname, '../bin')}:${process.env.PATH}`,
    ISSUER: server.url,
    COUNTERSIGN_ADMIN_URL: server.adminUrl,
    ...env,
  }
  return new Promise((resolve, reject) => {
    const child = execFile(join(import.meta.dirname, path), { cwd, env: given }, (error, out, err) => {
      rmSync(cwd, { recursive: true })
      if (error) reject(new Error(`${path}: ${out}${err}`, { cause: error }))
      else resolve(out.trim().split('\n'))
    })
    child.stdout?.on('data', onOutput)
  })
}
