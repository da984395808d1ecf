import pino from 'pino'
import { redactFields, redactPath, redactText } from './redact.ts'
import type { LogLevel } from './setting-forms.ts'

/** What else a line says. Secrets are taken out, but do not count on it. */
export type LogFields = Readonly<Record<string, unknown>>

/** What the line of one request says. */
export interface RequestLine {
  /** The listener it came to. */
  readonly listener: string
  readonly id: string
  readonly method: string
  /** The pattern that matched. */
  readonly route: string
  /** The path as it was asked for; a query is cut off. */
  readonly path: string
  readonly status: number
  /** From the request's head to the end of the answer. */
  readonly seconds: number
  readonly ip: string
  /** Who was authenticated, where somebody was: the id of a key, a client or a person. */
  readonly actor?: string
}

/** One JSON object per line. Writing is buffered: a line is on its way within a quarter of a second. */
export interface Log {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  /** Takes whatever was thrown; its message, code, stack and causes are logged. */
  error(message: string, error?: unknown, fields?: LogFields): void
  /** The line of a request, at level info. */
  request(line: RequestLine): void
  /** Changes the least important level that is logged, from now on. */
  setLevel(level: LogLevel): void
  /** Writes what is buffered, before it returns. */
  flush(): void
}

export interface LogOptions {
  readonly level?: LogLevel
  /** A file descriptor; standard output unless told. */
  readonly descriptor?: number
}

const BUFFER_BYTES = 65_000
const MOST_AT_ONCE = 65_536
const FLUSH_MILLISECONDS = 250
/** What waits for a reader that has stopped reading; beyond it lines are lost rather than the server. */
const MOST_WAITING_BYTES = 16 * 1024 * 1024

/** Opens a log; it is also written out when the process exits. */
export function createLog(options: LogOptions = {}): Log {
  let lines = ''
  const writeLines = () => {
    if (lines === '') return
    const text = lines
    lines = ''
    stream.write(text)
  }
  // Before the stream is there, so that it is asked before the stream writes the last of what it has.
  process.once('exit', writeLines)
  const stream = pino.destination({
    dest: options.descriptor ?? 1,
    sync: false,
    minLength: BUFFER_BYTES,
    maxWrite: MOST_AT_ONCE,
    maxLength: MOST_WAITING_BYTES,
    periodicFlush: FLUSH_MILLISECONDS,
  })
  const logger = pino(
    {
      level: options.level ?? 'info',
      base: null,
      messageKey: 'message',
      timestamp: () => `,"time":"${isoTime()}"`,
      formatters: { level: (label: string) => ({ level: label }) },
    },
    stream,
  )
  let requests = logger.isLevelEnabled('info')

  const write = (level: 'debug' | 'info' | 'warn' | 'error', message: string, fields?: LogFields) => {
    if (!logger.isLevelEnabled(level)) return
    writeLines()
    logger[level](fields ? redactFields(fields) : {}, redactText(message))
  }

  return {
    debug: (message, fields) => write('debug', message, fields),
    info: (message, fields) => write('info', message, fields),
    warn: (message, fields) => write('warn', message, fields),
    error: (message, error, fields) => write('error', message, error === undefined ? fields : { error, ...fields }),
    request: (line) => {
      if (!requests) return
      // The lines of one turn of the event loop are handed on as one text: half of what each costs alone.
      if (lines === '') setImmediate(writeLines)
      lines += requestLine(line)
    },
    setLevel: (level) => {
      logger.level = level
      requests = logger.isLevelEnabled('info')
    },
    flush: () => {
      writeLines()
      stream.flushSync()
    },
  }
}

/** Put together by hand: half the cost of a general serializer, on every request. */
function requestLine(line: RequestLine): string {
  const actor = line.actor === undefined ? '' : `,"actor":${JSON.stringify(line.actor)}`
  return (
    `{"level":"info","time":"${isoTime()}","message":"request","listener":${JSON.stringify(line.listener)}` +
    `,"request_id":${JSON.stringify(line.id)},"method":${JSON.stringify(line.method)}` +
    `,"route":${JSON.stringify(line.route)},"path":${JSON.stringify(redactPath(line.path))}` +
    `,"status":${line.status},"ms":${Math.round(line.seconds * 100_000) / 100},"ip":${JSON.stringify(line.ip)}${actor}}\n`
  )
}

let written = { time: 0, text: '' }

function isoTime(): string {
  const time = Date.now()
  if (time !== written.time) written = { time, text: new Date(time).toISOString() }
  return written.text
}
