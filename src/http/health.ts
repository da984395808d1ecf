import type { Database } from '#database/database.ts'
import type { Clock } from '#domain/outside.ts'
import type { Listener } from './listener.ts'

/** What health is judged by. */
export interface Health {
  readonly database: Database
  /** Undefined where none is configured. */
  readonly redis: { answers(): Promise<boolean> } | undefined
  readonly clock: Clock
  readonly version: string
  /** Whether the server is about to stop, so that no new requests should be sent to it. */
  readonly stopping: () => boolean
}

interface Check {
  readonly status: 'healthy' | 'unhealthy' | 'not_configured'
  readonly latency_ms?: number
}

/**
 * Serves the health routes of Zautha, AuthPlane and SharkAuth. They say nothing of any tenant and need no credential.
 *
 * `/health` tells of everything that is configured, and fails with any of it, as Zautha documents. Whether requests
 * should be sent here is another question: a server whose Redis is away goes on with limits of its own, and all of them
 * would be taken out of service at once for what each can do without. So `/health/ready` shows Redis but does not fail
 * with it. It need not look for migrations: the listeners open when all have been applied.
 */
export function mountHealth(app: Listener, health: Health): void {
  app.get('/health/live', (_request, reply) => reply.header('cache-control', 'no-store').send({ status: 'healthy' }))
  app.get('/livez', (_request, reply) => reply.header('cache-control', 'no-store').send({ status: 'ok' }))
  for (const url of ['/health', '/health/ready', '/ready']) {
    app.get(url, async (_request, reply) => {
      const [database, redis] = await Promise.all([
        check(health.clock, () => health.database.ping()),
        checkRedis(health),
      ])
      const whole = url !== '/health' || redis.status !== 'unhealthy'
      const well = whole && database.status === 'healthy' && !health.stopping()
      const timestamp = new Date(health.clock.now()).toISOString()
      return reply
        .code(well ? 200 : 503)
        .header('cache-control', 'no-store')
        .send({
          status: well ? 'healthy' : 'unhealthy',
          checks: { database, redis },
          version: health.version,
          timestamp,
          // AuthPlane's names for the same.
          time: timestamp,
          db: database.status === 'healthy' ? 'ok' : 'error',
        })
    })
  }
  app.get('/healthz', async (_request, reply) => {
    const { status } = await check(health.clock, () => health.database.ping())
    reply.header('cache-control', 'no-store')
    return status === 'healthy'
      ? reply.send({ status: 'ok' })
      : reply.code(503).send({ status: 'unhealthy', error: 'database unreachable' })
  })
}

function checkRedis({ redis, clock }: Health): Promise<Check> | Check {
  if (redis === undefined) return { status: 'not_configured' }
  return check(clock, async () => {
    if (!(await redis.answers())) throw new Error('Redis is away')
  })
}

async function check(clock: Clock, ask: () => Promise<unknown>): Promise<Check> {
  const start = clock.now()
  try {
    await ask()
    return { status: 'healthy', latency_ms: clock.now() - start }
  } catch {
    return { status: 'unhealthy' }
  }
}
