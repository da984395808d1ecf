// Does what a page of the documentation tells its reader to do, in the order of the page, and compares what is printed
// with what the page says is printed.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** A fenced block of shell commands, and the fenced text that follows it. */
export interface Step {
  /** The heading it stands under. */
  readonly section: string
  /** Where it begins in the page. */
  readonly line: number
  /** The name of the terminal whose program goes on running: ```` ```sh terminal=name ````. */
  readonly terminal: string | undefined
  readonly script: string
  /** What it prints; undefined where the page does not say. `…` is any text, and alone on a line any lines. */
  readonly output: string | undefined
}

/** The steps of a page. @param markdown its text */
export function stepsOf(markdown: string): Step[] {
  const steps: Step[] = []
  let section = ''
  let open: { info: string; line: number; text: string[] } | undefined
  for (const [at, line] of markdown.split('\n').entries()) {
    const fence = /^```(.*)$/.exec(line)
    if (open && fence) {
      const [language, detail] = open.info.split(' ')
      const text = open.text.join('\n')
      const last = steps.at(-1)
      const terminal = /^terminal=(\w+)$/.exec(detail ?? '')?.[1]
      if (language === 'sh') steps.push({ section, line: open.line, terminal, script: text, output: undefined })
      if (language === 'text' && last && last.output === undefined) steps[steps.length - 1] = { ...last, output: text }
      open = undefined
    } else if (fence) open = { info: fence[1] ?? '', line: at + 1, text: [] }
    else if (open) open.text.push(line)
    else if (/^#+ /.test(line)) section = line.replace(/^#+ /, '')
  }
  return steps
}

export interface DocumentationRunOptions {
  readonly cwd: string
  /** Besides PATH and HOME. */
  readonly env: Readonly<Record<string, string>>
  /** What the programs of single terminals have besides, by the terminal's name. */
  readonly terminals?: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** A folder for what is written on the way. */
  readonly scratch: string
}

// An installation may have to fetch everything.
const PATIENCE = 240_000

/** The terminals that a reader has open. */
export class DocumentationRun {
  readonly #options: DocumentationRunOptions
  readonly #path: string
  readonly #programs = new Map<string, Program>()
  readonly #shell: Program
  #count = 0

  constructor(options: DocumentationRunOptions) {
    this.#options = options
    this.#path = [withCurl(options.scratch), process.env.PATH].filter(Boolean).join(delimiter)
    this.#shell = this.#open('sh', ['-e'])
  }

  /**
   * Does one step and compares what it prints. A program of a named terminal goes on; one that ran there before is ended
   * as Ctrl-C does.
   * @throws AssertionError where it prints something else or a command fails
   */
  async take({ script, terminal, output, line }: Step): Promise<string> {
    if (terminal === undefined) {
      const printed = await this.#run(script)
      if (output !== undefined) assertPrints(printed, output, line)
      return printed
    }
    await this.interrupt(terminal)
    const program = this.#open('sh', ['-c', script], this.#options.terminals?.[terminal])
    this.#programs.set(terminal, program)
    const expected = patternOf(output ?? '…', false)
    const printed = await program.until((text) => expected.test(`\n${veiled(text)}`))
    assert.ok(printed !== undefined, `line ${line}: the program does not print what the page says:\n${program.printed}`)
    return printed
  }

  /**
   * Waits for what the program of a terminal prints.
   * @returns the match
   * @throws AssertionError where it ends, or the patience does, before
   */
  async prints(terminal: string, pattern: RegExp): Promise<RegExpExecArray> {
    const program = this.#programs.get(terminal)
    const printed = await program?.until((text) => pattern.test(text))
    const match = pattern.exec(printed ?? '')
    assert.ok(match, `${terminal} does not print ${pattern}:\n${program?.printed}`)
    return match
  }

  /** Ends what runs in a terminal, as Ctrl-C does, and waits for it. */
  async interrupt(terminal: string): Promise<void> {
    const program = this.#programs.get(terminal)
    this.#programs.delete(terminal)
    await program?.end('SIGINT')
  }

  /** Ends everything. */
  async close(): Promise<void> {
    for (const terminal of this.#programs.keys()) await this.interrupt(terminal)
    await this.#shell.end('SIGKILL')
  }

  async #run(script: string): Promise<string> {
    const file = join(this.#options.scratch, `step-${++this.#count}.sh`)
    const mark = `-- end of step ${this.#count} --`
    writeFileSync(file, `${script}\n`)
    const before = this.#shell.printed.length
    this.#shell.process.stdin?.write(`. '${file}' </dev/null 2>&1; printf '%s\\n' '${mark}'\n`)
    const all = await this.#shell.until((text) => text.includes(`${mark}\n`, before))
    assert.ok(all !== undefined, `a command failed:\n${script}\n${this.#shell.printed.slice(before)}`)
    return all.slice(before, all.indexOf(`${mark}\n`, before))
  }

  #open(command: string, args: readonly string[], more: Readonly<Record<string, string>> = {}): Program {
    const { cwd, env } = this.#options
    const HOME = process.env.HOME ?? cwd
    return new Program(spawn(command, args, { cwd, env: { PATH: this.#path, HOME, ...env, ...more }, detached: true }))
  }
}

/** A process with all that it starts, and what it printed. */
class Program {
  readonly process: ChildProcess
  printed = ''
  readonly #ended: Promise<void>
  readonly #waiting = new Set<() => void>()

  constructor(child: ChildProcess) {
    this.process = child
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        this.printed += chunk
        for (const look of this.#waiting) look()
      })
    }
    this.#ended = new Promise((resolve) => child.once('close', () => resolve()))
  }

  /** What is printed once it fulfils a condition; undefined where the program ends, or the patience does, before. */
  until(fulfils: (printed: string) => boolean): Promise<string | undefined> {
    return new Promise((resolve) => {
      const settle = (printed: string | undefined) => {
        clearTimeout(timer)
        this.#waiting.delete(look)
        resolve(printed)
      }
      const look = () => fulfils(this.printed) && settle(this.printed)
      const timer = setTimeout(settle, PATIENCE, undefined)
      this.#waiting.add(look)
      void this.#ended.then(() => settle(fulfils(this.printed) ? this.printed : undefined))
      look()
    })
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    const { pid, exitCode, signalCode } = this.process
    if (pid !== undefined && exitCode === null && signalCode === null) kill(-pid, signal)
    await this.#ended
  }
}

/** Sends a signal to a group of processes, which may have ended by itself a moment before. */
function kill(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(group, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Asserts that a text is what a page says it is. @param line of the page, for the message */
export function assertPrints(printed: string, expected: string, line: number): void {
  if (patternOf(expected, true).test(`\n${veiled(printed.trimEnd())}`)) return
  assert.equal(veiled(printed.trimEnd()), veiled(expected.trimEnd()), `line ${line} of the page`)
}

// What differs from one installation, moment and key to the next; each keeps its length, so that tables stay tables.
const VARIABLE = [
  /(?<=\b(?:prt|tnt|dir|rlm|usr|app|cli|res|key|ses|gnt|iss|apk|evt)_)[0-9a-z]{26}\b/g,
  /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g,
  /\b\d{4}-\d\d-\d\d(?=T)/g,
  /(?<=T)\d\d:\d\d:\d\d(\.\d{3})?(?=Z)/g,
  /\beyJ[\w-]+\.[\w-]+\.[\w-]+/g,
  /(?<![\w-])[\w-]{43}(?![\w-])/g,
  /\b(?=[a-z]*\d)[a-z\d]{20}\b/g,
  /\b1[789]\d{8}\b/g,
  // How many events there were before.
  /(?<=\bevt_#{26} +)\d+/g,
  /(?<=^(?:checked|head\.seq): +)\d+/gm,
]

function veiled(text: string): string {
  const plain = text.replaceAll('\r\n', '\n')
  const veil = VARIABLE.reduce(
    (part, pattern) => part.replaceAll(pattern, ({ length }) => '#'.repeat(Math.min(length, 43))),
    plain,
  )
  // A column is as wide as its widest value, which a page need not show.
  return veil.replaceAll(/ {2,}(?=\S)/g, '  ')
}

/** What a text of a page matches. @param whole whether there may be nothing before and after it */
function patternOf(expected: string, whole: boolean): RegExp {
  const lines = veiled(expected.trimEnd())
    .split('\n')
    .map((line) => {
      if (line.trim() === '…') return '(?:\\n[^]*?)?'
      const parts = line.replace(/ …$/, '…').split('…')
      return `\\n${parts.map(RegExp.escape).join('[^\\n]*')}`
    })
  return new RegExp(`${whole ? '^' : ''}${lines.join('')}${whole ? '$' : '(?=\\n|$)'}`)
}

/** A folder to put before the others on the PATH where the machine has no curl; undefined where it has one. */
function withCurl(scratch: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter)
  if (folders.some((folder) => isFile(join(folder, 'curl')))) return undefined
  const folder = join(scratch, 'bin')
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'curl')
  writeFileSync(file, `#!/bin/sh\nexec '${process.execPath}' '${join(import.meta.dirname, 'curl.ts')}' "$@"\n`)
  chmodSync(file, 0o755)
  return folder
}

function isFile(path: string): boolean {
  try {
    readFileSync(path)
    return true
  } catch {
    return false
  }
}
