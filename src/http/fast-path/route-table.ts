// Owns how the fast path finds the route of a path: without a search, because it looks at every request.
import { patternOf, type ServedRoute } from '../route.ts'

interface Entry {
  readonly route: ServedRoute
  /** Its path as log lines and measurements name it, made once. */
  readonly pattern: string
}

/** A route and the values of its path's parameters. */
export interface Match extends Entry {
  readonly params: Readonly<Record<string, string>>
}

/** The routes whose paths have one parameter after the same beginning, by what follows the parameter. */
interface Branch {
  readonly prefix: string
  readonly name: string
  readonly bySuffix: Map<string, Entry[]>
}

const NO_PARAMS = {}
const VALUE = /^[\w~-]{1,200}$/

/** Routes by path. */
export class RouteTable {
  readonly #byPath = new Map<string, Entry[]>()
  readonly #branches: Branch[] = []

  /** @throws Error for a path with more than one parameter */
  constructor(routes: readonly ServedRoute[]) {
    for (const route of routes) this.#add(route)
  }

  /** @param path without the query. @returns undefined for values that are more than letters, digits, `_`, `~` and `-` */
  find(method: string, path: string): Match | undefined {
    const exact = this.#byPath.get(path)
    if (exact) return matchOf(exact, method, NO_PARAMS)
    for (const { prefix, name, bySuffix } of this.#branches) {
      if (!path.startsWith(prefix)) continue
      const slash = path.indexOf('/', prefix.length)
      const end = slash < 0 ? path.length : slash
      const routes = bySuffix.get(path.slice(end))
      if (!routes) continue
      const value = path.slice(prefix.length, end)
      if (VALUE.test(value)) return matchOf(routes, method, { [name]: value })
    }
    return undefined
  }

  #add(route: ServedRoute): void {
    const [prefix = '', name, suffix = '', ...more] = route.path.split(/\{(\w+)\}/)
    if (more.length > 0) throw new Error(`The fast path knows one parameter, and ${route.path} has more.`)
    const entry = { route, pattern: patternOf(route) }
    if (name === undefined) return addTo(this.#byPath, prefix, entry)
    let branch = this.#branches.find((known) => known.prefix === prefix && known.name === name)
    if (!branch) {
      branch = { prefix, name, bySuffix: new Map() }
      this.#branches.push(branch)
    }
    addTo(branch.bySuffix, suffix, entry)
  }
}

function addTo(map: Map<string, Entry[]>, key: string, entry: Entry): void {
  map.set(key, [...(map.get(key) ?? []), entry])
}

function matchOf(entries: readonly Entry[], method: string, params: Match['params']): Match | undefined {
  const entry = entries.find(({ route }) => route.methods.includes(method))
  return entry && { route: entry.route, pattern: entry.pattern, params }
}
