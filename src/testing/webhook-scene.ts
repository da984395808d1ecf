// A house with webhooks, a receiver that misbehaves as it is told, and processes that deliver.
import assert from 'node:assert/strict'
import type { House } from '#domain/open-context.ts'
import { webhookCreate, webhookListDeliveries } from '#domain/webhook/webhook.operations.ts'
import { startWebhooks } from '#jobs/webhook-worker.ts'
import { createNetwork } from '#outside/network.ts'
import type { DialectName } from './databases.ts'
import { openTestHouse, type TestHouse } from './house.ts'
import { call } from './neighbours.ts'
import { type Receiver, startReceiver } from './receiver.ts'

const QUICK = { delay: 2, tick: 10, sweep: 50 }

/** A house with a receiver, and everything that happens between them. */
export interface WebhookScene extends AsyncDisposable {
  readonly house: TestHouse
  readonly receiver: Receiver
  emit(count: number, type?: 'user.created' | 'token.issued' | 'client.created'): Promise<void>
  create(input?: object): Promise<{ id: string; secret: string }>
  /** Delivers, as one more process would. */
  start(over?: House): () => Promise<void>
  until(holds: () => boolean | Promise<boolean>, step?: number): Promise<void>
  deliveries(id: string, query?: object): Promise<Awaited<ReturnType<typeof webhookListDeliveries.run>>['data']>
  readonly errors: unknown[]
}

/** Opens a house and a receiver. @param tries of each delivery */
export async function openWebhookScene(dialect: DialectName, tries = 8): Promise<WebhookScene> {
  const receiver = await startReceiver()
  const network = createNetwork({ allowLoopback: true })
  const settings = { webhookRetry: { firstSeconds: 1, tries } }
  const house = await openTestHouse({ database: dialect, network, settings })
  const stops: (() => Promise<void>)[] = []
  const errors: unknown[] = []
  const context = () => house.contextFor({ realm: null })
  return {
    house,
    receiver,
    errors,
    emit: (count, type = 'user.created') =>
      context().write((unit) => {
        for (let made = 0; made < count; made++) unit.emit(type, { subject: { type: 'user', id: house.random.id() } })
      }),
    create: (input = {}) => call(webhookCreate, context(), { url: receiver.url, events: ['user.*'], ...input }),
    start(over = house) {
      const stop = startWebhooks(over, (_, error) => errors.push(error), QUICK)
      stops.push(stop)
      return stop
    },
    async until(holds, step = 0) {
      const deadline = Date.now() + 15_000
      while (!(await holds())) {
        assert.ok(Date.now() < deadline, `it did not come to pass; received: ${JSON.stringify(receiver.received)}`)
        house.clock.advance(step)
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
    },
    deliveries: async (id, query = {}) =>
      (await call(webhookListDeliveries, context(), { id, limit: '200', ...query })).data,
    async [Symbol.asyncDispose]() {
      for (const stop of stops) await stop()
      await receiver[Symbol.asyncDispose]()
      await house.close()
    },
  }
}
