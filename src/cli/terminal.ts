// The terminal, or whatever stands in its place: where a command reads, writes and is told to stop.
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { styleText } from 'node:util'

/** What a shell reports of a program that Ctrl-C ended. */
const INTERRUPTED = 130

type Format = Parameters<typeof styleText>[0]

export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Columns of standard output; undefined where it is no terminal, and nothing is cut. */
  readonly width: number | undefined
  /** Whether a person sits there who can be asked. */
  readonly interactive: boolean
  /** Whether standard error is read as it is written. */
  readonly watched: boolean
  /** From the first call on, Ctrl-C does not end the process but aborts this. */
  interruption(): AbortSignal
  /** Writes to standard output. */
  out(text: string): void
  /** Writes a line to standard error. */
  note(text: string): void
  /** Text for standard output in a colour, where it shows colours. */
  paint(format: Format, text: string): string
  /** All of standard input. */
  readInput(): Promise<string>
  /** Asks for a line that is not echoed. */
  readSecret(question: string): Promise<string>
}

/** The terminal of this process. Its standard output may go away, as it does before `head`; that ends the process. */
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
    readSecret,
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
