// Owns standard input, standard output, standard error and signals of a command.
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { styleText } from 'node:util'

/** The exit code of a program that Ctrl-C stopped. */
const INTERRUPTED = 130

type Format = Parameters<typeof styleText>[0]

export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Columns of standard output; undefined if it is not a terminal, and lines are not cut. */
  readonly width: number | undefined
  /** Whether standard input and standard error are a terminal, so that the command can ask questions. */
  readonly interactive: boolean
  /** Whether standard error is a terminal. */
  readonly watched: boolean
  /** Returns a signal that Ctrl-C aborts. After the first call, Ctrl-C does not end the process. */
  interruption(): AbortSignal
  /** Writes to standard output. */
  out(text: string): void
  /** Writes a line to standard error. */
  note(text: string): void
  /** Text with a format for standard output, if standard output shows colours. */
  paint(format: Format, text: string): string
  /** Reads standard input to its end. */
  readInput(): Promise<string>
  /** Asks for a line. */
  ask(question: string): Promise<string>
  /** Asks for a line without echo. */
  readSecret(question: string): Promise<string>
}

/** The terminal of this process. If standard output is closed, for example by `head`, the process ends. */
export function processTerminal(env: Terminal['env']): Terminal {
  const { stdin, stdout, stderr } = process
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? 0 : 1)
  })
  const plain = Boolean(env.NO_COLOR) || env.TERM === 'dumb' || !stdout.isTTY
  return {
    env,
    width: stdout.isTTY ? stdout.columns || undefined : undefined,
    interactive: stdin.isTTY === true && stderr.isTTY === true,
    watched: stderr.isTTY === true,
    interruption() {
      const interruption = new AbortController()
      for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => interruption.abort())
      return interruption.signal
    },
    out: (text) => stdout.write(text),
    note: (text) => stderr.write(`${text}\n`),
    paint: (format, text) => (plain || text === '' ? text : styleText(format, text, { validateStream: false })),
    readInput: () => text(stdin),
    ask,
    readSecret,
  }
}

async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  lines.once('SIGINT', () => process.exit(INTERRUPTED))
  try {
    return await lines.question(question)
  } finally {
    lines.close()
  }
}

async function readSecret(question: string): Promise<string> {
  const { stdin, stderr } = process
  stderr.write(question)
  const silence = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: stdin, output: silence, terminal: true })
  lines.once('SIGINT', () => process.exit(INTERRUPTED))
  try {
    return await lines.question('')
  } finally {
    lines.close()
    stderr.write('\n')
  }
}
