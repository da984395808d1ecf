// Owns what tests and tools know about the paths of running listeners: those of the table, and those that are served.
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RefusalCounter } from '#domain/refusal/refusal-counter.ts'
import { AfterReply } from '#http/after-reply.ts'
import { openAuthenticators } from '#http/authenticators.ts'
import { openListeners } from '#http/listeners.ts'
import { patternOf, type RouteGroup } from '#http/route.ts'
import type { Listener } from '#http/router.ts'
import { everyGroup } from '#http/routes.ts'
import { ServerFigures } from '#http/server-figures.ts'
import { lazyRoutes } from '#http/surface-routes.ts'
import { createLog } from '#outside/log.ts'
import { createMetrics } from '#outside/telemetry.ts'
import { startTracing } from '#outside/tracing.ts'
import { createUpstreams } from '#outside/upstreams.ts'
import { openTestServices } from './services.ts'

/** Running listeners, and what they serve. */
export interface ServedPaths {
  readonly urls: { readonly public: string; readonly admin: string }
  /** What the routers serve: `listener METHOD pattern`. A path that is served by GET is served by HEAD, too, which is left out. */
  readonly served: ReadonlySet<string>
  readonly groups: readonly RouteGroup[]
  /** The same of the table. */
  readonly table: ReadonlySet<string>
  /** The pattern of the route that answered a request, by the request's id; from the log. */
  answeredBy(): ReadonlyMap<string, string>
  close(): Promise<void>
}

/** Opens both listeners on free ports over a database of their own, and mounts what is mounted when first asked for. */
export async function openServedPaths(): Promise<ServedPaths> {
  const services = await openTestServices()
  const folder = mkdtempSync(join(tmpdir(), 'countersign-paths-'))
  const file = join(folder, 'log')
  const log = createLog({ descriptor: openSync(file, 'w') })
  const metrics = createMetrics()
  const stopping = new AbortController()
  const served = new Set<string>()
  const listeners = openListeners(
    {
      services,
      authenticators: openAuthenticators(services, undefined),
      telemetry: { log, metrics, tracing: await startTracing(undefined, '1'), figures: new ServerFigures() },
      version: '1',
      apiDocs: true,
      stopping: stopping.signal,
      redis: undefined,
      upstreams: createUpstreams({ isListed: () => false, allowLoopback: true }),
      refusals: new RefusalCounter(services),
      afterReply: new AfterReply(log, stopping.signal),
    },
    {
      isOne: false,
      trustedProxies: [],
      clientCertificateHeader: false,
      allowedOrigins: [],
      apiDocs: true,
      onRoute: (listener, method, pattern) => method !== 'HEAD' && served.add(`${listener} ${method} ${pattern}`),
    },
  )
  const open = (listener: Listener) => listener.listen({ host: '127.0.0.1', port: 0 })
  const urls = { public: await open(listeners.public), admin: await open(listeners.admin) }
  // A page of the server may be at a prefix itself.
  for (const { prefixes } of lazyRoutes()) await fetch(`${urls.admin}${prefixes[0]}/-`)
  const groups = await everyGroup()
  return {
    urls,
    served,
    groups,
    table: new Set(groups.flatMap(({ routes }) => routes.flatMap(keysOf))),
    answeredBy: () => {
      log.flush()
      const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean)
      return new Map(
        lines.map((line) => JSON.parse(line)).map(({ request_id: id, route }): [string, string] => [id, route]),
      )
    },
    async close() {
      stopping.abort()
      await Promise.all([listeners.public.close(), listeners.admin.close()])
      metrics.close()
      await services.close()
      rmSync(folder, { recursive: true })
    },
  }
}

function keysOf(route: RouteGroup['routes'][number]): string[] {
  const listeners = route.listener === 'both' ? ['public', 'admin'] : [route.listener]
  return listeners.flatMap((listener) => route.methods.map((method) => `${listener} ${method} ${patternOf(route)}`))
}
