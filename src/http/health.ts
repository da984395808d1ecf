import type { Database } from '#database/database.ts'
import type { Clock } from '#domain/outside.ts'
import type { Listener } from './listener.ts'

/** What health is judged by. */
export interface Health {
  readonly database: Database
  readonly clock: Clock
  readonly version: string
  /** Whether the server is about to stop, so that no new requests should be sent to it. */
  readonly stopping: () => boolean
}

interface Check {
  readonly status: 'healthy' | 'unhealthy' | 'not_configured'
  readonly latency_ms?: number
}

/** Serves the health routes of Zautha, AuthPlane and SharkAuth. They say nothing of any tenant and need no credential. */
export function mountHealth(app: Listener, health: Health): void {
  app.get('/health/live', (_request, reply) => reply.header('cache-control', 'no-store').send({ status: 'healthy' }))
  app.get('/livez', (_request, reply) => reply.header('cache-control', 'no-store').send({ status: 'ok' }))
  for (const url of ['/health', '/health/ready', '/ready']) {
    app.get(url, async (_request, reply) => {
      const database = await checkDatabase(health)
      const well = database.status === 'healthy' && !health.stopping()
      return reply
        .code(well ? 200 : 503)
        .header('cache-control', 'no-store')
        .send({
          status: well ? 'healthy' : 'unhealthy',
          checks: { database, redis: { status: 'not_configured' } },
          version: health.version,
          timestamp: new Date(health.clock.now()).toISOString(),
        })
    })
  }
  app.get('/healthz', async (_request, reply) => {
    const { status } = await checkDatabase(health)
    reply.header('cache-control', 'no-store')
    return status === 'healthy'
      ? reply.send({ status: 'ok' })
      : reply.code(503).send({ status: 'unhealthy', error: 'database unreachable' })
  })
}

async function checkDatabase({ database, clock }: Health): Promise<Check> {
  const start = clock.now()
  try {
    await database.ping()
    return { status: 'healthy', latency_ms: clock.now() - start }
  } catch {
    return { status: 'unhealthy' }
  }
}
