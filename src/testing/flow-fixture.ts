// Owns what tests of flows share: flows of the first realm, a receiver of webhooks that answers, and what is recorded.
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { flowCreate, flowListRuns } from '#domain/flow/flow.operations.ts'
import type { FlowRunView } from '#domain/flow/flow-run.ts'
import { callOperation } from './domain-fixtures.ts'
import type { TestServices } from './services.ts'

/** The branches of a conditional. */
export function branches(met: readonly object[], unmet: readonly object[] = []): object {
  // biome-ignore lint/suspicious/noThenProperty: the documented name
  return { then: met, else: unmet }
}

/** A conditional. */
export function when(condition: unknown, met: readonly object[], unmet: readonly object[] = []): object {
  return { type: 'conditional', condition, ...branches(met, unmet) }
}

/** Creates a flow at sign-ins with a password, unless it says otherwise. */
export function makeFlow(services: TestServices, steps: readonly object[], given: object = {}) {
  const input = { name: 'Demands', trigger: 'login', steps, ...given }
  return callOperation(flowCreate, services.contextFor(), input)
}

/** The runs of a flow, newest first. */
export async function runsOf(services: TestServices, id: string, query: object = {}): Promise<FlowRunView[]> {
  return (await callOperation(flowListRuns, services.contextFor(), { id, ...query })).data
}

/** A request that a receiver got. */
export interface Asked {
  readonly headers: IncomingHttpHeaders
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: the JSON of a request
  readonly body: any
}

/** A receiver of webhook steps. */
export interface AnsweringReceiver extends AsyncDisposable {
  readonly url: string
  readonly asked: Asked[]
  /** What it answers from now on: a status, and JSON or a text. */
  answer(status: number, body?: unknown): void
}

/** Starts a receiver that answers 200 with nothing. */
export async function startAnswering(): Promise<AnsweringReceiver> {
  const asked: Asked[] = []
  let [status, body]: [number, unknown] = [200, '']
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const piece of request) text += piece
    asked.push({ headers: request.headers, text, body: JSON.parse(text) })
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/ask`,
    asked,
    answer(nextStatus, nextBody = '') {
      status = nextStatus
      body = nextBody
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}
