// Compares two states of a noun: what an event records of a change.

/** How an event records a changed field: with its values, or only by its name. */
export type Audited = 'values' | 'name'

/** What differs between two states. Fields that are recorded only by name are in neither `before` nor `after`. */
export interface Change {
  readonly changed: readonly string[]
  readonly before: Readonly<Record<string, unknown>>
  readonly after: Readonly<Record<string, unknown>>
}

/** Values that are longer together, in characters of JSON, are recorded only by name: events are kept long, by default for ever. */
const LONGEST = 4000

/**
 * What differs between two states of a noun.
 * @param audited the fields to compare
 * @returns undefined where nothing differs
 */
export function changeBetween(
  audited: Readonly<Record<string, Audited>>,
  before: object,
  after: object,
): Change | undefined {
  const [old, now] = [before as Values, after as Values]
  const changed = Object.keys(audited).filter((name) => !isSame(old[name], now[name]))
  if (changed.length === 0) return undefined
  const named = changed.filter((name) => audited[name] === 'values' && lengthOf(old[name], now[name]) <= LONGEST)
  return { changed, before: pick(old, named), after: pick(now, named) }
}

/** A change without some fields; undefined where no other field differs. */
export function changeWithout({ changed, before, after }: Change, ...names: readonly string[]): Change | undefined {
  const others = changed.filter((name) => !names.includes(name))
  const named = others.filter((name) => name in after)
  return others.length === 0 ? undefined : { changed: others, before: pick(before, named), after: pick(after, named) }
}

type Values = Readonly<Record<string, unknown>>

function pick(values: Values, names: readonly string[]): Values {
  return Object.fromEntries(names.map((name) => [name, values[name] ?? null]))
}

function lengthOf(...values: readonly unknown[]): number {
  return JSON.stringify(values).length
}

/** Whether two JSON values are equal; the order of an object's members does not count. */
function isSame(left: unknown, right: unknown): boolean {
  if (left === right || (left ?? null) === (right ?? null)) return true
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false
  if (Array.isArray(left) !== Array.isArray(right)) return false
  const names = Object.keys(left)
  const [one, other] = [left as Values, right as Values]
  return names.length === Object.keys(right).length && names.every((name) => isSame(one[name], other[name]))
}
