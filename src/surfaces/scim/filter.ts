// Filters and paths (RFC 7644 §3.4.2.2, §3.5.2): text to a tree and back. What a tree means, others decide.
import { ScimFailure, type ScimType } from './failure.ts'

/** What attributes are compared by. */
export const COMPARISONS = ['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le'] as const
export type Comparison = (typeof COMPARISONS)[number]

/** An attribute, as it was written: `urn:…:User:name.familyName`. */
export interface AttributePath {
  /** The schema; none where the attribute’s name stands alone. */
  readonly uri?: string
  readonly name: string
  readonly sub?: string
}

/** What a resource, or one of an attribute’s values, has to fulfil. */
export type Filter =
  | {
      readonly kind: 'compare'
      readonly path: AttributePath
      readonly by: Comparison
      readonly value: string | number | boolean | null
    }
  | { readonly kind: 'present'; readonly path: AttributePath }
  | { readonly kind: 'and' | 'or'; readonly filters: readonly Filter[] }
  | { readonly kind: 'not'; readonly filter: Filter }
  /** That one of an attribute’s values fulfils a filter: `emails[type eq "work"]`. */
  | { readonly kind: 'values'; readonly path: AttributePath; readonly filter: Filter }

/** What a PATCH operation is about: an attribute, or those of its values that fulfil a filter, or a part of these. */
export interface PatchPath {
  readonly path: AttributePath
  readonly filter?: Filter
}

/** How many characters a filter or a path has at most. */
export const LONGEST = 8_000
const DEEPEST = 20

const ATTRIBUTE = /(?:urn:[\w.$:~-]+:)?[a-z$][\w$-]*(?:\.[a-z$][\w$-]*)?/iy
const WORD = /[a-z]+/iy
const TEXT = /"(?:[^"\\]|\\.)*"/y
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?(?![\w.])/iy
const SPACE = / */y
const NOT = /not *(?=\()/iy

/**
 * A filter as a tree.
 * @throws ScimFailure `invalidFilter`
 */
export function parseFilter(text: string): Filter {
  const reader = new Reader(text, 'invalidFilter')
  const filter = reader.either(true)
  reader.end()
  return filter
}

/**
 * A path of a PATCH operation.
 * @throws ScimFailure `invalidPath`; `invalidFilter` is what it says of what stands in brackets
 */
export function parsePath(text: string): PatchPath {
  const reader = new Reader(text, 'invalidPath')
  const path = reader.attribute()
  if (!reader.takes('[')) {
    reader.end()
    return { path }
  }
  const filter = reader.either(false)
  reader.needs(']')
  const sub = reader.sub()
  reader.end()
  return { path: sub === undefined ? path : { ...path, sub }, filter }
}

/** A filter as text; parsed again it is the same tree. */
export function renderFilter(filter: Filter): string {
  switch (filter.kind) {
    case 'compare':
      return `${renderPath(filter.path)} ${filter.by} ${JSON.stringify(filter.value)}`
    case 'present':
      return `${renderPath(filter.path)} pr`
    case 'not':
      return `not (${renderFilter(filter.filter)})`
    case 'values':
      return `${renderPath(filter.path)}[${renderFilter(filter.filter)}]`
    default:
      return filter.filters
        .map((part) => (part.kind === 'and' || part.kind === 'or' ? `(${renderFilter(part)})` : renderFilter(part)))
        .join(` ${filter.kind} `)
  }
}

function renderPath({ uri, name, sub }: AttributePath): string {
  return `${uri === undefined ? '' : `${uri}:`}${name}${sub === undefined ? '' : `.${sub}`}`
}

class Reader {
  readonly #text: string
  readonly #scimType: ScimType
  #at = 0
  #depth = 0

  constructor(text: string, scimType: ScimType) {
    this.#text = text
    this.#scimType = scimType
    if (text.length > LONGEST) throw new ScimFailure(scimType, `This is longer than ${LONGEST} characters.`)
    this.#match(SPACE)
  }

  /** `or` binds less than `and` (RFC 7644 §3.4.2.2). @param nests whether values may be filtered in it */
  either(nests: boolean): Filter {
    if (++this.#depth > DEEPEST) this.#fail(`nested deeper than ${DEEPEST}`)
    const filter = this.#joined('or', () => this.#joined('and', () => this.#single(nests)))
    this.#depth--
    return filter
  }

  attribute(): AttributePath {
    const text = this.#match(ATTRIBUTE)
    if (text === undefined) return this.#fail('an attribute’s name is expected')
    const colon = text.lastIndexOf(':')
    const [name = '', sub] = text.slice(colon + 1).split('.')
    return { ...(colon >= 0 && { uri: text.slice(0, colon) }), name, ...(sub !== undefined && { sub }) }
  }

  /** What follows a bracket: `.value`. */
  sub(): string | undefined {
    if (!this.takes('.')) return undefined
    const { uri, name, sub } = this.attribute()
    return uri === undefined && sub === undefined ? name : this.#fail('one sub-attribute is expected')
  }

  takes(sign: string): boolean {
    if (this.#text[this.#at] !== sign) return false
    this.#at++
    if (sign !== '.') this.#match(SPACE)
    return true
  }

  needs(sign: string): void {
    if (this.#text[this.#at] !== sign) this.#fail(`${sign} is expected`)
    // What a bracket encloses may go on behind it without a space.
    this.#at++
  }

  end(): void {
    this.#match(SPACE)
    if (this.#at < this.#text.length) this.#fail('this is not expected')
  }

  #joined(kind: 'and' | 'or', part: () => Filter): Filter {
    const first = part()
    const filters = [first]
    while (this.#takesWord(kind)) filters.push(part())
    return filters.length > 1 ? { kind, filters } : first
  }

  #single(nests: boolean): Filter {
    const isNegated = this.#match(NOT) !== undefined
    if (this.takes('(')) {
      const filter = this.either(nests)
      this.needs(')')
      this.#match(SPACE)
      return isNegated ? { kind: 'not', filter } : filter
    }
    const path = this.attribute()
    if (nests && this.takes('[')) {
      const filter = this.either(false)
      this.needs(']')
      if (this.#text[this.#at] !== '.') {
        this.#match(SPACE)
        return { kind: 'values', path, filter }
      }
      // Beyond the RFC’s grammar: emails[type eq "work"].value eq "…", as clients write it.
      const compared = this.#compared({ name: this.sub() ?? '' })
      return { kind: 'values', path, filter: { kind: 'and', filters: [filter, compared] } }
    }
    return this.#compared(path)
  }

  #compared(path: AttributePath): Filter {
    this.#match(SPACE)
    const word = this.#match(WORD)?.toLowerCase()
    if (word === 'pr') {
      this.#match(SPACE)
      return { kind: 'present', path }
    }
    const by = COMPARISONS.find((known) => known === word)
    if (by === undefined) return this.#fail(`${[...COMPARISONS, 'pr'].join(', ')} is expected`)
    this.#match(SPACE)
    const value = this.#value()
    this.#match(SPACE)
    return { kind: 'compare', path, by, value }
  }

  #value(): string | number | boolean | null {
    const text = this.#match(TEXT) ?? this.#match(NUMBER)
    if (text !== undefined) {
      try {
        return JSON.parse(text) as string | number
      } catch {
        return this.#fail('a text with a wrong escape')
      }
    }
    const word = this.#match(WORD)?.toLowerCase()
    if (word === 'true' || word === 'false') return word === 'true'
    if (word === 'null') return null
    return this.#fail('a text in double quotes, a number, true, false or null is expected')
  }

  #takesWord(wanted: string): boolean {
    const from = this.#at
    if (this.#match(WORD)?.toLowerCase() === wanted && /[ (]/.test(this.#text[this.#at] ?? '')) {
      this.#match(SPACE)
      return true
    }
    this.#at = from
    return false
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const token = pattern.exec(this.#text)?.[0]
    if (token !== undefined) this.#at += token.length
    return token
  }

  #fail(what: string): never {
    const place = this.#at < this.#text.length ? `at position ${this.#at + 1}` : 'at the end'
    throw new ScimFailure(
      this.#scimType,
      `The ${this.#scimType === 'invalidPath' ? 'path' : 'filter'} cannot be read ${place}: ${what}.`,
    )
  }
}
