// What a bulk request holds (RFC 7644 §3.7), and in which order its operations can be done.
import { Failure } from '#kernel/error.ts'
import { ScimFailure } from './failure.ts'
import { isObject } from './resource.ts'

/** How many operations one request may hold. */
export const BULK_OPERATIONS_MAX = 1_000
/** How many bytes it may have: as many as any request. */
export const BULK_PAYLOAD_MAX = 262_144

const METHODS = ['POST', 'PUT', 'PATCH', 'DELETE'] as const

/** One operation of a bulk request. */
export interface BulkOperation {
  readonly method: (typeof METHODS)[number]
  readonly endpoint: '/Users' | '/Groups'
  /** As it stands in the path; none for a creation. */
  readonly id: string | undefined
  readonly bulkId: string | undefined
  readonly version: string | undefined
  readonly data: unknown
}

/** A bulk request. */
export interface Bulk {
  /** After how many failures it ends; never for none. */
  readonly failOnErrors: number | undefined
  /** Each as it was sent, for it may be wrong alone. */
  readonly operations: readonly unknown[]
}

/**
 * A bulk request’s body.
 * @throws ScimFailure `invalidSyntax`, Failure `payload_too_large`
 */
export function readBulk(body: unknown): Bulk {
  const members = new Map(
    Object.entries(isObject(body) ? body : {}).map(([name, value]) => [name.toLowerCase(), value]),
  )
  const operations = members.get('operations')
  if (!Array.isArray(operations)) throw new ScimFailure('invalidSyntax', 'Operations: a list is expected.')
  if (operations.length > BULK_OPERATIONS_MAX) {
    throw new Failure('payload_too_large', `At most ${BULK_OPERATIONS_MAX} operations are done at once.`)
  }
  const failOnErrors = members.get('failonerrors')
  if (failOnErrors !== undefined && (!Number.isInteger(failOnErrors) || Number(failOnErrors) < 1)) {
    throw new ScimFailure('invalidSyntax', 'failOnErrors: a whole number of 1 and more is expected.')
  }
  return { failOnErrors: failOnErrors as number | undefined, operations }
}

/**
 * One operation of a bulk request.
 * @throws ScimFailure `invalidSyntax`, `invalidPath`
 */
export function readBulkOperation(given: unknown): BulkOperation {
  if (!isObject(given)) throw new ScimFailure('invalidSyntax', 'Each operation must be a JSON object.')
  const { path, bulkId, version, data } = given
  const asked = typeof given.method === 'string' ? given.method.toUpperCase() : undefined
  const method = METHODS.find((known) => known === asked)
  if (!method) throw new ScimFailure('invalidSyntax', 'method: POST, PUT, PATCH or DELETE is expected.')
  const [, endpoint, id] = (typeof path === 'string' && /^\/(Users|Groups)(?:\/([^/?#]{1,200}))?$/.exec(path)) || []
  if (endpoint === undefined || (id === undefined) !== (method === 'POST')) {
    throw new ScimFailure(
      'invalidPath',
      'path: /Users or /Groups is expected for a POST, with an id for everything else.',
    )
  }
  if (bulkId !== undefined && typeof bulkId !== 'string') {
    throw new ScimFailure('invalidSyntax', 'bulkId: a text is expected.')
  }
  if (method === 'POST' && !bulkId) throw new ScimFailure('invalidSyntax', 'bulkId: a POST needs one.')
  return {
    method,
    endpoint: endpoint === 'Users' ? '/Users' : '/Groups',
    id,
    bulkId,
    version: typeof version === 'string' ? version : undefined,
    data,
  }
}

const REFERENCE = /^bulkId:(.+)$/s

/** The names by which an operation refers to what others create. */
function referencesOf(value: unknown): string[] {
  if (typeof value === 'string') return REFERENCE.exec(value)?.slice(1, 2) ?? []
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(referencesOf)
}

/** A value with ids in the place of the names of what was created. */
export function withReferences(value: unknown, ids: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') return ids.get(REFERENCE.exec(value)?.[1] ?? '') ?? value
  if (Array.isArray(value)) return value.map((one) => withReferences(one, ids))
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, withReferences(one, ids)]))
}

/**
 * The order of a bulk request’s operations: the first one that waits for nothing is next. An operation waits for all that
 * create what it names. It takes time in proportion to the operations and the names in them.
 */
export class BulkOrder {
  /** For how many creators each operation still waits. */
  readonly #missing: number[]
  /** The operations that wait for each creator. */
  readonly #waiters = new Map<number, number[]>()
  /** Operations before the place that was read last which wait for nothing any more, the last one first. */
  #released: number[] = []
  #read = 0
  #done: number | undefined
  #left: number[] = []
  /** Whether the operations that are left wait for one another (RFC 7644 §3.7.1). */
  isCircle = false

  constructor(given: readonly unknown[]) {
    const creators = Map.groupBy(given.keys(), (at) => (given[at] as { bulkId?: unknown } | null)?.bulkId)
    this.#missing = given.map((one, at) => {
      const awaited = new Set([...new Set(referencesOf(one))].flatMap((name) => creators.get(name) ?? []))
      for (const creator of awaited) {
        const waiters = this.#waiters.get(creator)
        if (waiters) waiters.push(at)
        else this.#waiters.set(creator, [at])
      }
      return awaited.size
    })
  }

  /** The place of the next operation; undefined after the last one. The one before it counts as done. */
  next(): number | undefined {
    if (this.#done !== undefined && !this.isCircle) this.#release(this.#done)
    this.#done = this.#released.pop() ?? this.#readOn()
    return this.#done
  }

  #readOn(): number | undefined {
    while (this.#read < this.#missing.length) {
      const at = this.#read++
      if (this.#missing[at] === 0) return at
    }
    if (!this.isCircle) {
      this.isCircle = true
      this.#left = [...this.#missing.keys()].filter((at) => (this.#missing[at] ?? 0) > 0).reverse()
    }
    return this.#left.pop()
  }

  #release(done: number): void {
    for (const waiter of this.#waiters.get(done) ?? []) {
      const missing = (this.#missing[waiter] ?? 0) - 1
      this.#missing[waiter] = missing
      if (missing === 0 && waiter < this.#read) this.#released.push(waiter)
    }
    this.#released.sort((left, right) => right - left)
  }
}
