import type { Metric, Registry } from 'prom-client'

/** What Prometheus scrapes. */
export interface Metrics {
  /**
   * Measures an answered request.
   * @param route the pattern that matched, never the path: each route is a time series
   * @param seconds from the request's head to the end of the answer
   */
  request(method: string, route: string, status: number, seconds: number): void
  /** Everything measured, in the text format. */
  text(): Promise<string>
  readonly contentType: string
  /** Stops measuring the process. */
  close(): void
}

const BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'other']
const OTHER_METHOD = METHODS.length - 1
const CLASSES = ['other', '1xx', '2xx', '3xx', '4xx', '5xx']
const MOST_ROUTES = 2000
const OTHER_ROUTE = '(other)'

/** The figures of the process and of its requests. */
export function createMetrics(): Metrics {
  const requests = new RequestHistogram()
  let opened: Promise<Registry> | undefined
  // Loaded with the first scrape: a server that nobody scrapes neither waits for it nor carries it.
  const open = async () => {
    const { collectDefaultMetrics, Registry } = await import('prom-client')
    const registry = new Registry()
    collectDefaultMetrics({ register: registry })
    registry.registerMetric(requests as unknown as Metric)
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

interface Series {
  readonly buckets: Float64Array
  sum: number
  count: number
}

/**
 * A histogram as the registry takes one. The library's own builds and hashes an object of labels at each observation;
 * this one looks up a route and counts.
 */
class RequestHistogram {
  readonly name = 'countersign_http_request_duration_seconds'
  readonly help = 'Time to answer requests, by method, route and class of status.'
  readonly type = 'histogram'
  readonly aggregator = 'sum'
  readonly #routes = new Map<string, (Series | undefined)[]>()

  observe(method: string, route: string, status: number, seconds: number): void {
    const known = METHODS.indexOf(method)
    const group = status >= 100 && status < 600 ? Math.floor(status / 100) : 0
    const at = (known < 0 ? OTHER_METHOD : known) * CLASSES.length + group
    const all = this.#routes.get(route) ?? this.#open(route)
    const series = all[at] ?? open(all, at)
    let bound = 0
    while (bound < BOUNDS.length && seconds > (BOUNDS[bound] as number)) bound += 1
    series.buckets[bound] = (series.buckets[bound] as number) + 1
    series.sum += seconds
    series.count += 1
  }

  #open(route: string): (Series | undefined)[] {
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

  #render(route: string, at: number, series: Series) {
    const labels = {
      method: METHODS[Math.floor(at / CLASSES.length)] as string,
      route,
      status: CLASSES[at % CLASSES.length] as string,
    }
    let total = 0
    const buckets = [...BOUNDS, '+Inf'].map((le, bound) => {
      total += series.buckets[bound] as number
      return { metricName: `${this.name}_bucket`, labels: { ...labels, le: String(le) }, value: total }
    })
    return [
      ...buckets,
      { metricName: `${this.name}_sum`, labels, value: series.sum },
      { metricName: `${this.name}_count`, labels, value: series.count },
    ]
  }

  reset(): void {
    this.#routes.clear()
  }
}

function open(all: (Series | undefined)[], at: number): Series {
  const series = { buckets: new Float64Array(BOUNDS.length + 1), sum: 0, count: 0 }
  all[at] = series
  return series
}
