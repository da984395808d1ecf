// Owns the log line and the measurement that every request leaves.
import type { Log } from '#outside/log.ts'
import type { Metrics } from '#outside/telemetry.ts'
import type { Tracing } from '#outside/tracing.ts'
import type { ServerFigures } from './server-figures.ts'

/** Where listeners log, measure and trace. */
export interface Telemetry {
  readonly log: Log
  readonly metrics: Metrics
  readonly tracing: Tracing
  readonly figures: ServerFigures
}

/** Logs and measures an answered request, whichever way it was served. */
export function recordRequest({ log, metrics }: Telemetry, line: Parameters<Log['request']>[0]): void {
  metrics.request(line.method, line.route, line.status, line.seconds)
  log.request(line)
}
