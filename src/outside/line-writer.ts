// Owns writing the log's text to a file descriptor without ever waiting for whoever reads it.
import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs'
import { Socket } from 'node:net'

// pino's own destination throws where a descriptor fails for good, and waits without end for a reader that has stopped
// reading when the process exits. A server must do neither for the sake of its log.

/** Writes text in the order in which it was given. No call throws, and no call waits for a reader. */
export interface LineWriter {
  /** Takes whole lines. They are on their way within a quarter of a second, or are counted as lost. */
  write(text: string): void
  /** Writes what is buffered as far as that goes without waiting; the rest follows as {@link LineWriter.write} says. */
  send(): void
  /** Writes what is buffered, before it returns. What cannot be written within a second is lost. */
  flush(): void
  /** How many lines could not be written since the writer was opened. */
  readonly lost: number
}

const BUFFER_BYTES = 65_000
const FLUSH_MILLISECONDS = 250
/** What waits for a reader that has stopped reading; beyond it lines are lost. */
const MOST_WAITING_BYTES = 16 * 1024 * 1024
const MOST_AT_ONCE = 65_536
/** How long a reader has at the end of the process, or of {@link LineWriter.flush}. */
const LAST_MILLISECONDS = 1000
/** After that a reader that was too slow is asked again. */
const PAUSE_MILLISECONDS = 5

type Outcome = 'written' | 'waiting' | 'failed'

/** Opens a writer over a descriptor; it is also flushed when the process exits. */
export function openLineWriter(descriptor: number): LineWriter {
  const writer = new Writer(descriptor)
  process.once('exit', () => writer.flush())
  return writer
}

class Writer implements LineWriter {
  lost = 0
  readonly #descriptor: number
  readonly #chunks: Buffer[] = []
  #waitingBytes = 0
  /** How much of the first chunk is written. */
  #offset = 0
  #timer: NodeJS.Timeout | undefined
  #isCut = false
  /** How many of the lost lines a line has told of. */
  #told = 0
  #text = ''

  constructor(descriptor: number) {
    this.#descriptor = withoutWaiting(descriptor)
  }

  write(text: string): void {
    this.#text += text
    if (this.#text.length >= BUFFER_BYTES) this.send()
    else this.#later()
  }

  flush(): void {
    const end = Date.now() + LAST_MILLISECONDS
    this.#take()
    for (;;) {
      const outcome = this.#writeAll()
      if (outcome === 'written') return
      if (outcome === 'failed' || Date.now() >= end) break
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MILLISECONDS)
    }
    this.#dropAll()
  }

  #later(milliseconds = FLUSH_MILLISECONDS): void {
    if (this.#timer !== undefined) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.send()
    }, milliseconds)
    this.#timer.unref()
  }

  send(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#take()
    const outcome = this.#writeAll()
    if (outcome === 'failed') this.#dropAll()
    if (outcome === 'waiting') this.#later(PAUSE_MILLISECONDS)
  }

  /** Takes over the text as chunks, or counts it as lost where too much waits. */
  #take(): void {
    if (this.#text === '') return
    const chunk = Buffer.from(this.#text)
    this.#text = ''
    if (this.#waitingBytes + chunk.length > MOST_WAITING_BYTES) {
      this.lost += linesIn(chunk)
      return
    }
    this.#chunks.push(chunk)
    this.#waitingBytes += chunk.length
  }

  #writeAll(): Outcome {
    try {
      for (let chunk = this.#chunks[0]; chunk !== undefined; chunk = this.#chunks[0]) {
        if (this.#offset === 0 && this.lost > this.#told) this.#logLost()
        this.#offset += writeSync(
          this.#descriptor,
          chunk,
          this.#offset,
          Math.min(chunk.length - this.#offset, MOST_AT_ONCE),
        )
        if (this.#offset < chunk.length) continue
        this.#chunks.shift()
        this.#waitingBytes -= chunk.length
        this.#offset = 0
      }
      return 'written'
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      return code === 'EAGAIN' || code === 'EINTR' ? 'waiting' : 'failed'
    }
  }

  /** Says in the log how many lines are missing before what follows. */
  #logLost(): void {
    const line = JSON.stringify({
      level: 'warn',
      time: new Date().toISOString(),
      message: 'Lines of the log could not be written and are lost.',
      lost: this.lost - this.#told,
    })
    writeSync(this.#descriptor, `${this.#isCut ? '\n' : ''}${line}\n`)
    this.#told = this.lost
    this.#isCut = false
  }

  #dropAll(): void {
    for (const [at, chunk] of this.#chunks.entries())
      this.lost += linesIn(at === 0 ? chunk.subarray(this.#offset) : chunk)
    this.#isCut ||= this.#offset > 0
    this.#chunks.length = 0
    this.#waitingBytes = 0
    this.#offset = 0
  }
}

function linesIn(chunk: Buffer): number {
  let lines = 0
  for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines += 1
  return lines
}

/** Keeps a socket's handle from being collected, which would close the descriptor. */
const kept: Socket[] = []

/**
 * A descriptor of the same place whose writes fail with EAGAIN where they would wait. A terminal, which other programs
 * use as well, is opened once more for that; a pipe or a socket is switched over. A file never waits for a reader.
 */
function withoutWaiting(descriptor: number): number {
  try {
    const place = fstatSync(descriptor)
    if (place.isCharacterDevice()) return reopened(descriptor)
    // Node's socket switches its descriptor over, as its own standard output does for pipes.
    if (place.isFIFO() || place.isSocket())
      kept.push(new Socket({ fd: descriptor, readable: false, writable: true }).unref())
  } catch {
    // It is closed, or of a kind that cannot be opened again: writing says so, or works as it is.
  }
  return descriptor
}

function reopened(descriptor: number): number {
  const { O_WRONLY, O_NONBLOCK, O_NOCTTY, O_APPEND } = constants
  const again = openSync(`/dev/fd/${descriptor}`, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_APPEND)
  if (fstatSync(again).rdev === fstatSync(descriptor).rdev) return again
  closeSync(again)
  return descriptor
}
