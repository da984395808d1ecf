// Owns the log: one JSON object per line.
import pino from 'pino'
import { openLineWriter } from './line-writer.ts'
import { redactFields, redactPath, redactText } from './redact.ts'
import type { LogLevel } from './setting-forms.ts'

/** The fields of a log line. Secrets are redacted as a second protection; do not pass secrets. */
export type LogFields = Readonly<Record<string, unknown>>

/** The log line of a request. */
export interface RequestLine {
  /** The listener that received the request. */
  readonly listener: string
  readonly id: string
  readonly method: string
  /** The pattern that matched. */
  readonly route: string
  /** The path of the request without the query. */
  readonly path: string
  readonly status: number
  /** Seconds from the head of the request to the end of the response. */
  readonly seconds: number
  readonly ip: string
  /** The id of the authenticated key, client or user, if any. */
  readonly actor?: string
}

/**
 * One JSON object per line. Writing is buffered: a line is on its way within a quarter of a second. Where lines cannot be
 * written they are lost and counted; no call throws or waits for that.
 */
export interface Log {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  /** Logs a thrown value with its message, code, stack and causes. */
  error(message: string, error?: unknown, fields?: LogFields): void
  /** Logs a request at the level info. */
  request(line: RequestLine): void
  /** Changes the log level. */
  setLevel(level: LogLevel): void
  /** Prints text for a person as it is, in its order among the lines. It may hold a secret that is meant for that person. */
  print(text: string): void
  /** Writes what is buffered, before it returns. */
  flush(): void
  /** How many lines could not be written. */
  lostLines(): number
  /** Hears each line as it is written, but nothing that is printed for a person. @returns a function that ends it */
  follow(listener: (line: string) => void): () => void
}

export interface LogOptions {
  readonly level?: LogLevel
  /** A file descriptor; standard output by default. */
  readonly descriptor?: number
}

/** Opens a log; it is also written out when the process exits. */
export function createLog(options: LogOptions = {}): Log {
  const writer = openLineWriter(options.descriptor ?? 1)
  const listeners = new Set<(line: string) => void>()
  const lines = {
    write(line: string) {
      writer.write(line)
      for (const listener of listeners) listener(line)
    },
  }
  const logger = pino(
    {
      level: options.level ?? 'info',
      base: null,
      messageKey: 'message',
      timestamp: () => `,"time":"${isoTime()}"`,
      formatters: { level: (label: string) => ({ level: label }) },
    },
    lines,
  )
  let requests = logger.isLevelEnabled('info')

  const write = (level: 'debug' | 'info' | 'warn' | 'error', message: string, fields?: LogFields) => {
    if (!logger.isLevelEnabled(level)) return
    logger[level](fields ? redactFields(fields) : {}, redactText(message))
  }

  return {
    debug: (message, fields) => write('debug', message, fields),
    info: (message, fields) => write('info', message, fields),
    warn: (message, fields) => write('warn', message, fields),
    error: (message, error, fields) => write('error', message, error === undefined ? fields : { error, ...fields }),
    request: (line) => {
      if (requests) lines.write(requestLine(line))
    },
    setLevel: (level) => {
      logger.level = level
      requests = logger.isLevelEnabled('info')
    },
    print: (text) => {
      writer.write(text)
      writer.send()
    },
    flush: () => writer.flush(),
    lostLines: () => writer.lost,
    follow: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** Serializes the line by hand, at half the cost of a general serializer. */
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
