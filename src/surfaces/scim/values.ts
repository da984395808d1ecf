// What filters mean for one value of an attribute that has several.
import { ScimFailure } from './failure.ts'
import type { AttributePath, Comparison, Filter } from './filter.ts'
import type { Resource } from './resource.ts'

/** Whether two values stand for the same. */
export function sameValue(left: Resource, right: Resource): boolean {
  if (left.value === undefined || right.value === undefined) return JSON.stringify(left) === JSON.stringify(right)
  const sameKind = left.type === undefined || right.type === undefined || left.type === right.type
  return sameKind && folded(left.value) === folded(right.value)
}

/** Whether one value fulfils a filter about its parts. @throws ScimFailure `invalidFilter` */
export function fulfils(filter: Filter, value: Resource): boolean {
  switch (filter.kind) {
    case 'and':
      return filter.filters.every((part) => fulfils(part, value))
    case 'or':
      return filter.filters.some((part) => fulfils(part, value))
    case 'not':
      return !fulfils(filter.filter, value)
    case 'present':
      return partOf(value, filter.path) !== undefined
    case 'compare':
      return compares(partOf(value, filter.path), filter.by, filter.value)
    case 'values':
      throw new ScimFailure('invalidFilter', 'A filter in brackets has no brackets in it.')
  }
}

/** The parts that a filter says are equal to something, as a value that fulfils it. */
export function partsOf(filter: Filter): Resource {
  if (filter.kind === 'compare' && filter.by === 'eq' && filter.path.sub === undefined) {
    return { [filter.path.name]: filter.value }
  }
  if (filter.kind !== 'and') return {}
  return Object.assign({}, ...filter.filters.map(partsOf)) as Resource
}

function partOf(value: Resource, { name, uri, sub }: AttributePath): unknown {
  if (uri !== undefined || sub !== undefined) {
    throw new ScimFailure('invalidFilter', 'A filter in brackets names parts of the values, such as type.')
  }
  if (Object.hasOwn(value, name)) return value[name]
  const wanted = name.toLowerCase()
  return Object.entries(value).find(([known]) => known.toLowerCase() === wanted)?.[1]
}

function folded(value: unknown): unknown {
  if (typeof value !== 'string') return value
  const text = value.toLowerCase()
  // Entra ID compares with "True".
  return text === 'true' || text === 'false' ? text === 'true' : text
}

function compares(part: unknown, by: Comparison, wanted: string | number | boolean | null): boolean {
  const [left, right] = [folded(part) ?? null, folded(wanted)]
  if (by === 'eq') return left === right
  if (by === 'ne') return left !== right
  if (typeof left !== 'string' || typeof right !== 'string') return false
  switch (by) {
    case 'co':
      return left.includes(right)
    case 'sw':
      return left.startsWith(right)
    case 'ew':
      return left.endsWith(right)
    case 'gt':
      return left > right
    case 'ge':
      return left >= right
    case 'lt':
      return left < right
    case 'le':
      return left <= right
  }
}
