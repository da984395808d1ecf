// A services with webhooks, a receiver that misbehaves as it is told, and processes that deliver.
import assert from 'node:assert/strict'
import type { Services } from '#domain/open-context.ts'
import { webhookCreate, webhookListDeliveries } from '#domain/webhook/webhook.operations.ts'
import { startWebhooks } from '#jobs/webhook-worker.ts'
import { createNetwork } from '#outside/network.ts'
import '#surfaces/surfaces.ts'
import type { DialectName } from './databases.ts'
import { callOperation } from './domain-fixtures.ts'
import { type Receiver, startReceiver } from './receiver.ts'
import { openTestServices, type TestServices } from './services.ts'

const PATIENCE = 60_000

const QUICK = { delay: 2, tick: 10, sweep: 50 }

/** A services with a receiver, and everything that happens between them. */
export interface WebhookFixture extends AsyncDisposable {
  readonly services: TestServices
  readonly receiver: Receiver
  emit(count: number, type?: 'user.created' | 'token.issued' | 'client.created'): Promise<void>
  create(input?: object): Promise<{ id: string; secret: string }>
  /** Delivers, as one more process would. */
  start(over?: Services): () => Promise<void>
  until(holds: () => boolean | Promise<boolean>, step?: number): Promise<void>
  deliveries(id: string, query?: object): Promise<Awaited<ReturnType<typeof webhookListDeliveries.run>>['data']>
  readonly errors: unknown[]
}

/** Opens a services and a receiver. @param maxAttempts of each delivery */
export async function openWebhookFixture(dialect: DialectName, maxAttempts = 8): Promise<WebhookFixture> {
  const receiver = await startReceiver()
  const network = createNetwork({ allowLoopback: true })
  const settings = { webhookRetry: { firstSeconds: 1, maxAttempts } }
  const services = await openTestServices({ database: dialect, network, settings })
  const stops: (() => Promise<void>)[] = []
  const errors: unknown[] = []
  const context = () => services.contextFor({ realm: null })
  return {
    services,
    receiver,
    errors,
    emit: (count, type = 'user.created') =>
      context().write((unit) => {
        for (let made = 0; made < count; made++)
          unit.emit(type, { subject: { type: 'user', id: services.random.id() } })
      }),
    create: (input = {}) =>
      callOperation(webhookCreate, context(), { url: receiver.url, events: ['user.*'], ...input }),
    start(over = services) {
      const stop = startWebhooks(over, (_, error) => errors.push(error), QUICK)
      stops.push(stop)
      return stop
    },
    async until(holds, step = 0) {
      const deadline = Date.now() + PATIENCE
      while (!(await holds())) {
        assert.ok(Date.now() < deadline, `it did not come to pass; received: ${JSON.stringify(receiver.received)}`)
        services.clock.advance(step)
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
    },
    deliveries: async (id, query = {}) =>
      (await callOperation(webhookListDeliveries, context(), { id, limit: '200', ...query })).data,
    async [Symbol.asyncDispose]() {
      for (const stop of stops) await stop()
      await receiver[Symbol.asyncDispose]()
      await services.close()
    },
  }
}
