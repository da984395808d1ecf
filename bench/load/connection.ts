// Owns a keep-alive HTTP/1.1 connection of the load generator.
import { connect, type Socket } from 'node:net'

/** An HTTP/1.1 answer; the body is read as latin1, byte for byte. */
export interface Answer {
  readonly status: number
  readonly head: string
  readonly body: string
}

const LENGTH = /\r\ncontent-length: *(\d+)/i
const CHUNKED = /\r\ntransfer-encoding: *chunked/i
const CLOSE = /\r\nconnection: *close/i

/**
 * One keep-alive connection with one request under way at a time. It hands each answer to its owner in the callback
 * of the socket's read, with no promise between, because this is what bounds the load that one core can make.
 */
export class Connection {
  readonly #port: number
  readonly #onAnswer: (answer: Answer) => void
  readonly #onBroken: (reason: string) => void
  #socket: Socket | undefined
  #pending = ''
  #waiting = false

  /**
   * @param port on the loopback address
   * @param onAnswer gets each answer
   * @param onBroken is told when the connection ends with a request unanswered; the next request opens another
   */
  constructor(port: number, onAnswer: (answer: Answer) => void, onBroken: (reason: string) => void) {
    this.#port = port
    this.#onAnswer = onAnswer
    this.#onBroken = onBroken
  }

  /** Sends one request, whole and latin1. */
  send(request: string): void {
    this.#waiting = true
    this.#socket ??= this.#open()
    this.#socket.write(request, 'latin1')
  }

  /** Lets go of the socket. */
  close(): void {
    this.#waiting = false
    this.#socket?.destroy()
    this.#socket = undefined
  }

  #open(): Socket {
    const socket = connect({
      host: '127.0.0.1',
      port: this.#port,
      noDelay: true,
      onread: {
        buffer: Buffer.allocUnsafe(65_536),
        callback: (length, buffer) => {
          this.#receive((buffer as Buffer).toString('latin1', 0, length))
          return true
        },
      },
    })
    let reason = 'closed by the server'
    socket.on('error', (error) => {
      reason = error.message
    })
    socket.on('close', () => this.#ended(socket, reason))
    return socket
  }

  #ended(socket: Socket, reason: string): void {
    if (this.#socket !== socket) return
    this.#socket = undefined
    this.#pending = ''
    if (!this.#waiting) return
    this.#waiting = false
    this.#onBroken(reason)
  }

  #receive(text: string): void {
    const received = this.#pending === '' ? text : this.#pending + text
    const answer = readAnswer(received)
    if (answer === undefined) {
      this.#pending = received
      return
    }
    this.#pending = ''
    this.#waiting = false
    if (CLOSE.test(answer.head)) this.close()
    this.#onAnswer(answer)
  }
}

/**
 * Reads one answer (RFC 9112: content-length, chunked, or none for 204 and 304).
 * @returns undefined where it is not whole yet
 */
export function readAnswer(text: string): Answer | undefined {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const head = text.slice(0, end)
  const status = Number(text.slice(9, 12))
  const rest = end + 4
  const length = LENGTH.exec(head)
  if (length !== null) {
    const stop = rest + Number(length[1])
    return text.length < stop ? undefined : { status, head, body: text.slice(rest, stop) }
  }
  if (!CHUNKED.test(head)) return { status, head, body: '' }
  const body = readChunks(text, rest)
  return body === undefined ? undefined : { status, head, body }
}

function readChunks(text: string, start: number): string | undefined {
  let body = ''
  let position = start
  for (;;) {
    const line = text.indexOf('\r\n', position)
    if (line < 0) return undefined
    const size = Number.parseInt(text.slice(position, line), 16)
    const stop = line + 2 + size
    if (text.length < stop + 2) return undefined
    if (size === 0) return body
    body += text.slice(line + 2, stop)
    position = stop + 2
  }
}

/** The value of a header's first occurrence. */
export function headerOf(answer: Answer, name: string): string | undefined {
  return new RegExp(`\\r\\n${name}: *([^\\r]*)`, 'i').exec(answer.head)?.[1]
}
