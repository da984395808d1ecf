// Owns a terminal that records what is printed.
import { styleText } from 'node:util'
import type { Terminal } from '#cli/terminal.ts'

/** What a terminal in a test is like. Default: a pipe. */
export interface FakeTerminalOptions {
  readonly env?: Terminal['env']
  readonly width?: number
  readonly colors?: boolean
  readonly interactive?: boolean
  readonly watched?: boolean
  /** Standard input. */
  readonly input?: string
  /** What is typed where a question is asked. */
  readonly reply?: string
  /** What is typed where a secret is asked for. */
  readonly secret?: string
}

/** A terminal that remembers. */
export interface FakeTerminal extends Terminal {
  /** All of standard output. */
  readonly printed: () => string
  /** All of standard error. */
  readonly noted: () => string
  /** Presses Ctrl-C. */
  interrupt(): void
}

/** A terminal for tests. */
export function fakeTerminal(options: FakeTerminalOptions = {}): FakeTerminal {
  let [printed, noted] = ['', '']
  const interruption = new AbortController()
  return {
    env: options.env ?? {},
    width: options.width,
    interactive: options.interactive ?? false,
    watched: options.watched ?? false,
    interruption: () => interruption.signal,
    interrupt: () => interruption.abort(),
    out: (text) => {
      printed += text
    },
    note: (text) => {
      noted += `${text}\n`
    },
    paint: (format, text) => (options.colors ? styleText(format, text, { validateStream: false }) : text),
    readInput: async () => options.input ?? '',
    ask: async (question) => {
      noted += question
      return options.reply ?? ''
    },
    readSecret: async () => options.secret ?? '',
    printed: () => printed,
    noted: () => noted,
  }
}
