// The patterns that values of profile attributes must match: a part of regular expressions that is matched in linear time.

/** The most positions of a pattern, with what its counts stand for. */
const POSITIONS_MAX = 256

/** One position: a character that it takes, whether it can be left out, and whether it can be repeated. */
interface Position {
  readonly takes: (letter: string) => boolean
  readonly isOptional: boolean
  readonly isRepeated: boolean
}

/** Whether a whole text matches. */
export type Matcher = (text: string) => boolean

const CLASSES: Readonly<Record<string, RegExp>> = {
  d: /^[0-9]$/,
  w: /^[A-Za-z0-9_]$/,
  s: /^\s$/u,
  l: /^\p{L}$/u,
}
const SIGNS = '\\.[]{}()*+?|^$-/'
const COUNT = /^\{(\d{1,3})(,(\d{0,3}))?\}/

const matchers = new Map<string, Matcher | string>()

/** What is wrong with a pattern; undefined if nothing is. */
export function flawOfPattern(pattern: string): string | undefined {
  const read = readPattern(pattern)
  return typeof read === 'string' ? read : undefined
}

/** Whether a whole text matches a pattern. A pattern that is none matches nothing. */
export function matchesPattern(pattern: string, text: string): boolean {
  let matcher = matchers.get(pattern)
  if (matcher === undefined) {
    if (matchers.size > 1000) matchers.clear()
    const read = readPattern(pattern)
    matcher = typeof read === 'string' ? read : matcherOf(read)
    matchers.set(pattern, matcher)
  }
  return typeof matcher !== 'string' && matcher(text)
}

/** Follows all positions at once, so that no text takes more steps than its length times the positions. */
function matcherOf(positions: readonly Position[]): Matcher {
  return (text) => {
    let at = closed(positions, new Set([0]))
    for (const letter of text) {
      const next = new Set<number>()
      for (const index of at) {
        const position = positions[index]
        if (!position?.takes(letter)) continue
        next.add(index + 1)
        if (position.isRepeated) next.add(index)
      }
      if (next.size === 0) return false
      at = closed(positions, next)
    }
    return at.has(positions.length)
  }
}

function closed(positions: readonly Position[], at: Set<number>): Set<number> {
  for (const index of at) if (positions[index]?.isOptional) at.add(index + 1)
  return at
}

function readPattern(pattern: string): Position[] | string {
  const positions: Position[] = []
  let rest = pattern
  while (rest !== '') {
    const atom = readAtom(rest)
    if (typeof atom === 'string') return atom
    const count = readCount(atom.rest)
    if (typeof count === 'string') return count
    const { least, most } = count
    for (let index = 0; index < (most ?? Math.max(least, 1)); index++) {
      const isRepeated = most === undefined && index === Math.max(least, 1) - 1
      positions.push({ takes: atom.takes, isOptional: index >= least, isRepeated })
      if (positions.length > POSITIONS_MAX) return `has more than ${POSITIONS_MAX} positions`
    }
    rest = count.rest
  }
  return positions
}

type Atom = { readonly takes: Position['takes']; readonly rest: string }

function readAtom(text: string): Atom | string {
  const first = letterOf(text)
  if (first === '\\') return readEscape(text)
  if (first === '[') return readClass(text)
  if (first === '.') return { takes: () => true, rest: text.slice(1) }
  if ('{}]*+?'.includes(first)) return `has ${first} in the wrong place`
  if ('()|^$'.includes(first)) {
    return `must not contain ${first}: groups and alternatives are not supported, and the whole value is matched`
  }
  return { takes: (letter) => letter === first, rest: text.slice(first.length) }
}

function readEscape(text: string): Atom | string {
  const sign = text[1] ?? ''
  const known = CLASSES[sign]
  if (known) return { takes: (letter) => known.test(letter), rest: text.slice(2) }
  if (sign !== '' && SIGNS.includes(sign)) return { takes: (letter) => letter === sign, rest: text.slice(2) }
  return `has the unknown escape \\${sign}`
}

/** A class such as `[a-z_]` or `[^0-9]`. */
function readClass(text: string): Atom | string {
  const isNegated = text[1] === '^'
  const tests: Position['takes'][] = []
  let rest = text.slice(isNegated ? 2 : 1)
  while (rest !== '' && rest[0] !== ']') {
    const member = readMember(rest)
    if (typeof member === 'string') return member
    tests.push(member.takes)
    rest = member.rest
  }
  if (rest === '' || tests.length === 0) return 'has a class without an end, or with nothing in it'
  return { takes: (letter) => tests.some((test) => test(letter)) !== isNegated, rest: rest.slice(1) }
}

/** A character, a range or an escape in a class. */
function readMember(text: string): Atom | string {
  if (text[0] === '[') return 'has [ inside of a class: escape it'
  if (text[0] === '\\') return readEscape(text)
  const from = letterOf(text)
  const rest = text.slice(from.length)
  if (rest[0] !== '-' || rest[1] === ']') return { takes: (letter) => letter === from, rest }
  const to = letterOf(rest.slice(1))
  if (to === '' || to === '\\' || to === '[') return 'has a range without an end'
  if (to < from) return `has the empty range ${from}-${to}`
  return { takes: (letter) => letter >= from && letter <= to, rest: rest.slice(1 + to.length) }
}

function letterOf(text: string): string {
  const code = text.codePointAt(0)
  return code === undefined ? '' : String.fromCodePoint(code)
}

function readCount(text: string): { readonly least: number; readonly most?: number; readonly rest: string } | string {
  const sign = text[0] ?? ''
  if (sign === '?') return { least: 0, most: 1, rest: text.slice(1) }
  if (sign === '*') return { least: 0, rest: text.slice(1) }
  if (sign === '+') return { least: 1, rest: text.slice(1) }
  if (sign !== '{') return { least: 1, most: 1, rest: text }
  const [whole, from, range, to] = COUNT.exec(text) ?? []
  if (whole === undefined) return 'has a { that begins no count such as {2} or {2,5}'
  const least = Number(from)
  const most = range === undefined ? least : to === '' ? undefined : Number(to)
  if (most !== undefined && (most < least || most === 0)) return `has the empty count ${whole}`
  return { least, ...(most !== undefined && { most }), rest: text.slice(whole.length) }
}
