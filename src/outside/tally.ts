// Owns counters with labels and histograms of durations, which are read when the metrics are scraped.

/** One value of a metric. `metricName` where it is not that of the metric itself. */
export interface Sample {
  readonly metricName?: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

const MOST = 300
const OTHER = 'other'
/** The upper bounds of durations, in seconds. */
export const BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** A counter with labels. However many values the labels have, the series are bounded. */
export class Tally {
  readonly #labels: readonly string[]
  readonly #counts = new Map<string, { values: readonly string[]; count: number }>()

  constructor(labels: readonly string[]) {
    this.#labels = labels
  }

  /** Counts one. @param values one for each label */
  add(...values: readonly string[]): void {
    const key = values.join('\n')
    const known = this.#counts.get(key)
    if (known) known.count += 1
    else if (this.#counts.size < MOST) this.#counts.set(key, { values, count: 1 })
    else if (values.every((value) => value === OTHER)) this.#counts.set(key, { values, count: 1 })
    else this.add(...values.map(() => OTHER))
  }

  samples(): Sample[] {
    return [...this.#counts.values()].map(({ values, count }) => ({
      labels: Object.fromEntries(this.#labels.map((label, at) => [label, values[at] ?? ''])),
      value: count,
    }))
  }
}

/** How long something took, in cumulative buckets. */
export class Durations {
  readonly #buckets = new Float64Array(BOUNDS.length + 1)
  #sum = 0
  #count = 0

  observe(seconds: number): void {
    let bound = 0
    while (bound < BOUNDS.length && seconds > (BOUNDS[bound] as number)) bound += 1
    this.#buckets[bound] = (this.#buckets[bound] as number) + 1
    this.#sum += seconds
    this.#count += 1
  }

  /** The series of a histogram of a name. */
  samples(name: string, labels: Readonly<Record<string, string>> = {}): Sample[] {
    let total = 0
    const buckets = [...BOUNDS, '+Inf'].map((le, bound) => {
      total += this.#buckets[bound] as number
      return { metricName: `${name}_bucket`, labels: { ...labels, le: String(le) }, value: total }
    })
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: this.#sum },
      { metricName: `${name}_count`, labels, value: this.#count },
    ]
  }
}
