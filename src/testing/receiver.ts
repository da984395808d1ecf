// A webhook receiver that a test can take down, slow down, or have fail.
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as it arrived. */
export interface Received {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
  /** The body’s `seq`. */
  readonly seq: number
  readonly type: string
  /** What it was answered with; 0 where it was not. */
  readonly status: number
}

/** How a receiver answers: a status, after some milliseconds; 0 for never. */
export type Answer = (count: number) => { status: number; delay?: number }

export interface Receiver extends AsyncDisposable {
  readonly url: string
  /** Everything that arrived, in its order. */
  readonly received: Received[]
  /** The places in the log of what was taken with 200, each where it was first taken. */
  taken(): number[]
  answer(answer: Answer): void
  /** Stops listening and drops every connection. */
  down(): Promise<void>
  /** Listens again on the same port. */
  up(): Promise<void>
}

/** Starts a receiver that takes everything. */
export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = []
  let answer: Answer = () => ({ status: 200 })
  let port = 0
  let server: Server
  const listen = async () => {
    server = createServer(async (request, response) => {
      let body = ''
      for await (const piece of request) body += piece
      const { status, delay = 0 } = answer(received.length + 1)
      const { seq, type } = JSON.parse(body)
      received.push({ headers: request.headers, body, seq, type, status })
      if (status === 0) return
      if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay))
      response.writeHead(status).end('a body that nobody is shown')
    })
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    port = (server.address() as AddressInfo).port
  }
  const down = async () => {
    server.close()
    server.closeAllConnections()
    if (server.listening) await once(server, 'close')
  }
  await listen()
  return {
    url: `http://127.0.0.1:${port}/hook`,
    received,
    taken: () => [...new Set(received.filter(({ status }) => status === 200).map(({ seq }) => seq))],
    answer: (next) => {
      answer = next
    },
    down,
    up: listen,
    [Symbol.asyncDispose]: down,
  }
}
