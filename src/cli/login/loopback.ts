// Waits for the browser to come back (RFC 8252 §7.3): a server on a free port of this machine, for one answer.
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CommandFailure, EXIT } from '../failure.ts'
import { harmless } from '../text.ts'

const PATH = '/callback'

/** An open door for one answer. */
export interface Loopback {
  readonly redirectUri: string
  /** The code that comes back. @throws CommandFailure where the sign-in was refused, given up or takes too long */
  readonly code: Promise<string>
  close(): void
}

export interface LoopbackOptions {
  /** What the answer has to carry, so that it is the answer to this request. */
  readonly state: string
  /** Who has to give it (RFC 9207). */
  readonly issuer: string
  /** Milliseconds. */
  readonly patience: number
  readonly interruption: AbortSignal
}

/** Opens the door. An answer to another request is turned away, and the right one waited for. */
export async function openLoopback({ state, issuer, patience, interruption }: LoopbackOptions): Promise<Loopback> {
  const { promise: code, resolve, reject } = Promise.withResolvers<string>()
  // It is awaited later, and may fail before.
  code.catch(() => {})
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1')
    const answer = url.searchParams
    const expected = request.method === 'GET' && url.pathname === PATH && answer.get('state') === state
    if (!expected || answer.get('iss') !== issuer) return show(response, 404, 'This leads nowhere.')
    const [given, error] = [answer.get('code'), answer.get('error')]
    if (given) {
      show(response, 200, 'You are signed in. Close this window and go back to the terminal.')
      resolve(given)
    } else {
      show(response, 200, 'You are not signed in. Close this window and go back to the terminal.')
      const why = harmless(answer.get('error_description') ?? error ?? 'no code came back')
      reject(new CommandFailure(EXIT.failed, `The sign-in was refused: ${why}`))
    }
  })
  await new Promise<void>((listening, failed) => {
    server.once('error', failed)
    server.listen(0, '127.0.0.1', listening)
  })
  const giveUp = (message: string) => reject(new CommandFailure(EXIT.failed, message, 'Try again: countersign login'))
  const timer = setTimeout(() => giveUp('Nobody signed in in time.'), patience)
  interruption.addEventListener('abort', () => giveUp('The sign-in was given up.'), { once: true })
  return {
    redirectUri: `http://127.0.0.1:${(server.address() as AddressInfo).port}${PATH}`,
    code,
    close() {
      clearTimeout(timer)
      server.close()
      server.closeIdleConnections()
    },
  }
}

function show(response: ServerResponse, status: number, text: string): void {
  response
    .writeHead(status, {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'",
      'referrer-policy': 'no-referrer',
      connection: 'close',
    })
    .end(`<!doctype html><html lang="en"><title>Countersign</title><p>${text}</p></html>\n`)
}
