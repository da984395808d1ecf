// Runs an example for the tests: as a separate process, against a server.
import { type ChildProcess, spawn } from 'node:child_process'
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
