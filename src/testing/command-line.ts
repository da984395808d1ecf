// Runs commands in this process against a test server.
import assert from 'node:assert/strict'
import { run } from '#cli/run.ts'
import type { TestServer } from './server.ts'
import { type FakeTerminalOptions, fakeTerminal } from './terminal.ts'

/** How a command ended: its exit code and what it printed. */
export interface Ended {
  readonly exit: number
  readonly out: string
  readonly err: string
}

/**
 * Runs a command line with the admin key of a server. Words are split at spaces where one text is given.
 * @param options what the terminal has; another environment replaces the one with the key
 */
export async function runCommand(
  { adminUrl, adminKey }: Pick<TestServer, 'adminUrl' | 'adminKey'>,
  words: string | readonly string[],
  options: FakeTerminalOptions = {},
): Promise<Ended> {
  const terminal = fakeTerminal({
    ...options,
    env: options.env ?? { COUNTERSIGN_ADMIN_URL: adminUrl, COUNTERSIGN_ADMIN_API_KEY: adminKey },
  })
  const exit = await run(wordsOf(words), { terminal, version: '0', now: Date.now, doctor: async () => 0 })
  return { exit, out: terminal.printed(), err: terminal.noted() }
}

/** The answer of a command as JSON. */
export async function commandAnswer<T = Record<string, unknown>>(
  server: Pick<TestServer, 'adminUrl' | 'adminKey'>,
  words: string | readonly string[],
  options?: FakeTerminalOptions,
): Promise<T> {
  const { exit, out, err } = await runCommand(server, [...wordsOf(words), '--json'], options)
  assert.equal(exit, 0, err)
  return JSON.parse(out) as T
}

function wordsOf(words: string | readonly string[]): readonly string[] {
  return typeof words === 'string' ? words.split(' ') : words
}
