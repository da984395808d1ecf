// Owns the health paths. They show nothing of any tenant and need no credential.
import type { Trouble } from '#database/database.ts'
import type { Clock } from '#domain/outside.ts'
import { plainRoute } from './plain-route.ts'
import { type HttpReply, jsonReply } from './reply.ts'
import type { HttpContext, ServedRoute } from './route.ts'

interface Check {
  readonly status: 'healthy' | 'unhealthy' | 'not_configured'
  readonly latency_ms?: number
  /** Why the database cannot be written, or the key store not be used, where that is known. */
  readonly reason?: Trouble | string
  /** Which store has the new signing keys. */
  readonly store?: string
}

/**
 * `/health` shows everything that is configured, and fails with any of it. `/health/ready` says
 * whether requests should be sent here: it shows Redis and the feed of other processes' changes but does not fail with
 * them, because a server without Redis goes on with limits of its own, one without the feed reads everything anew, and all
 * servers would be taken out of service at once. It does not look for migrations: the
 * listeners open when all have been applied.
 */
export const healthRoutes: readonly ServedRoute[] = [
  health('/health/live', async () => jsonReply(200, { status: 'healthy' })),
  health('/livez', async () => jsonReply(200, { status: 'ok' })),
  health('/health', (context) => report(context, true)),
  health('/health/ready', (context) => report(context, false)),
  health('/ready', (context) => report(context, false)),
  health('/healthz', async ({ services: { clock, database } }) => {
    const { status } = await check(clock, () => database.ping())
    return status === 'healthy'
      ? jsonReply(200, { status: 'ok' })
      : jsonReply(503, { status: 'unhealthy', error: 'database unreachable' })
  }),
]

function health(path: `/${string}`, answer: (context: HttpContext) => Promise<HttpReply>): ServedRoute {
  return plainRoute({ listener: 'both', path, name: 'health' }, answer)
}

async function report(context: HttpContext, failsWithAll: boolean): Promise<HttpReply> {
  const { clock } = context.services
  const [databaseCheck, redis, keyStore] = await Promise.all([
    checkDatabase(context),
    checkRedis(context),
    checkKeyStore(context),
  ])
  const feed = checkFeed(context)
  const failsWith = failsWithAll ? [databaseCheck, redis, feed, keyStore] : [databaseCheck]
  const isHealthy = failsWith.every(({ status }) => status !== 'unhealthy') && !context.stopping.aborted
  const timestamp = new Date(clock.now()).toISOString()
  return jsonReply(isHealthy ? 200 : 503, {
    status: isHealthy ? 'healthy' : 'unhealthy',
    checks: { database: databaseCheck, redis, feed, key_store: keyStore },
    ...(context.notices && context.notices.length > 0 && { notices: context.notices }),
    version: context.version,
    timestamp,
    // Further names for the same.
    time: timestamp,
    db: databaseCheck.status === 'healthy' ? 'ok' : 'error',
  })
}

async function checkDatabase({ services: { clock, database } }: HttpContext): Promise<Check> {
  const result = await check(clock, () => database.ping())
  const reason = database.trouble()
  return reason === undefined || result.status === 'healthy' ? result : { ...result, reason }
}

/** Whether this process hears of what others commit. */
function checkFeed({ services: { database } }: HttpContext): Check {
  const feed = database.feed()
  return { status: feed === undefined ? 'not_configured' : feed.heard ? 'healthy' : 'unhealthy' }
}

/** Where signing keys are outside of the database, others can serve no better: `/health/ready` does not fail with it. */
async function checkKeyStore({ services: { crypto } }: HttpContext): Promise<Check> {
  const { healthy, reason } = await crypto.keys.check()
  return { status: healthy ? 'healthy' : 'unhealthy', store: crypto.keys.name, ...(reason && { reason }) }
}

function checkRedis({ redis, services: { clock } }: HttpContext): Promise<Check> | Check {
  if (redis === undefined) return { status: 'not_configured' }
  return check(clock, async () => {
    if (!(await redis.responds())) throw new Error('Redis is not reachable')
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
