// Owns the metrics for Prometheus.
import type { Metric, Registry } from 'prom-client'
import { Durations, type Sample } from './tally.ts'

/** The metrics of the server. */
export interface Metrics {
  /**
   * Records a request.
   * @param route the pattern of the route, not the path, because each route is a time series
   * @param seconds the time from the head of the request to the end of the response
   */
  request(method: string, route: string, status: number, seconds: number): void
  /** All metrics in the text format. */
  text(): Promise<string>
  readonly contentType: string
  /** Stops the metrics of the process. */
  close(): void
}

/** One figure that is kept elsewhere, read when it is scraped. One that cannot be read is left out. */
export interface Figure {
  /** With the unit at its end; a counter's ends in `_total`. */
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly read: () => number | readonly Sample[] | Promise<number>
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'other']
const OTHER_METHOD = METHODS.length - 1
const CLASSES = ['other', '1xx', '2xx', '3xx', '4xx', '5xx']
const MOST_ROUTES = 2000
const OTHER_ROUTE = '(other)'

/** The figures of the process and of its requests, and others that are kept elsewhere. */
export function createMetrics(figures: readonly Figure[] = []): Metrics {
  const requests = new RequestHistogram()
  let opened: Promise<Registry> | undefined
  // The library is loaded with the first request for metrics.
  const open = async () => {
    const { collectDefaultMetrics, Registry } = await import('prom-client')
    const registry = new Registry()
    collectDefaultMetrics({ register: registry })
    registry.registerMetric(requests as unknown as Metric)
    for (const figure of figures) registry.registerMetric(metricOf(figure) as unknown as Metric)
    return registry
  }
  return {
    request: (method, route, status, seconds) => requests.observe(method, route, status, seconds),
    text: async () => {
      opened ??= open()
      return (await opened).metrics()
    },
    contentType: 'text/plain; version=0.0.4; charset=utf-8',
    close: () => void opened?.then((registry) => registry.clear()),
  }
}

function metricOf({ name, help, type, read }: Figure) {
  const aggregator = type === 'gauge' ? 'max' : 'sum'
  const samples = async (): Promise<readonly Sample[]> => {
    const value = await read()
    return typeof value === 'number' ? [{ labels: {}, value }] : value
  }
  const get = async () => ({ name, help, type, aggregator, values: await samples().catch(() => []) })
  return { name, help, type, aggregator, get, reset: () => {} }
}

/**
 * A histogram with the interface of the library. The histogram of the library builds and hashes an object of labels for
 * each request; this one only looks up the route.
 */
class RequestHistogram {
  readonly name = 'countersign_http_request_duration_seconds'
  readonly help = 'Response time of requests, by method, route and status class.'
  readonly type = 'histogram'
  readonly aggregator = 'sum'
  readonly #routes = new Map<string, (Durations | undefined)[]>()

  observe(method: string, route: string, status: number, seconds: number): void {
    const known = METHODS.indexOf(method)
    const group = status >= 100 && status < 600 ? Math.floor(status / 100) : 0
    const at = (known < 0 ? OTHER_METHOD : known) * CLASSES.length + group
    const all = this.#routes.get(route) ?? this.#open(route)
    const series = all[at] ?? new Durations()
    all[at] = series
    series.observe(seconds)
  }

  #open(route: string): (Durations | undefined)[] {
    const name = this.#routes.size < MOST_ROUTES ? route : OTHER_ROUTE
    const all = this.#routes.get(name) ?? []
    this.#routes.set(name, all)
    return all
  }

  async get() {
    const values = [...this.#routes].flatMap(([route, all]) =>
      all.flatMap((series, at) => (series ? this.#render(route, at, series) : [])),
    )
    return { name: this.name, help: this.help, type: this.type, aggregator: this.aggregator, values }
  }

  #render(route: string, at: number, series: Durations) {
    const labels = {
      method: METHODS[Math.floor(at / CLASSES.length)] as string,
      route,
      status: CLASSES[at % CLASSES.length] as string,
    }
    return series.samples(this.name, labels)
  }

  reset(): void {
    this.#routes.clear()
  }
}
