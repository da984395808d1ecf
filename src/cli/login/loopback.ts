// Receives the authorization response on a loopback port of this machine (RFC 8252 §7.3).
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CommandFailure, EXIT } from '../failure.ts'
import { harmless } from '../text.ts'

const PATH = '/callback'

/** A server that waits for one authorization response. */
export interface Loopback {
  readonly redirectUri: string
  /** The authorization code. @throws CommandFailure if the sign-in was denied or cancelled, or did not finish in time */
  readonly code: Promise<string>
  close(): void
}

export interface LoopbackOptions {
  /** The state that the response must have. */
  readonly state: string
  /** The issuer that the response must have (RFC 9207). */
  readonly issuer: string
  /** Milliseconds. */
  readonly timeout: number
  readonly interruption: AbortSignal
}

/** Starts the server. It refuses a response to another request and continues to wait. */
export async function openLoopback({ state, issuer, timeout, interruption }: LoopbackOptions): Promise<Loopback> {
  const { promise: code, resolve, reject } = Promise.withResolvers<string>()
  // The caller awaits the promise later; it can be rejected before that.
  code.catch(() => {})
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1')
    const answer = url.searchParams
    const expected = request.method === 'GET' && url.pathname === PATH && answer.get('state') === state
    if (!expected || answer.get('iss') !== issuer) return show(response, 404, 'This page does not exist.')
    const [given, error] = [answer.get('code'), answer.get('error')]
    if (given) {
      show(response, 200, 'You are signed in. Close this window and go back to the terminal.')
      resolve(given)
    } else {
      show(response, 200, 'You are not signed in. Close this window and go back to the terminal.')
      const why = harmless(answer.get('error_description') ?? error ?? 'the response has no code')
      reject(new CommandFailure(EXIT.failed, `The sign-in failed: ${why}`))
    }
  })
  await new Promise<void>((listening, failed) => {
    server.once('error', failed)
    server.listen(0, '127.0.0.1', listening)
  })
  const giveUp = (message: string) => reject(new CommandFailure(EXIT.failed, message, 'Try again: countersign login'))
  const timer = setTimeout(() => giveUp('The sign-in did not finish in time.'), timeout)
  interruption.addEventListener('abort', () => giveUp('The sign-in was cancelled.'), { once: true })
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
