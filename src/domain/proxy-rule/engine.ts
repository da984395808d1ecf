// Decides which rule a request matches, and whether its caller may pass. The data path and simulations share it.
import { type Caller, type DecidingRule, flawOf, type Need } from './condition.ts'
import { type PathPattern, readPattern } from './pattern.ts'

/** What is asked about a request. */
export interface Asked {
  readonly method: string
  /** In its canonical spelling, see `target.ts`. */
  readonly path: string
}

/** Whether a request passes, and by which rule. */
export interface Decision<Rule extends DecidingRule = DecidingRule> {
  /** Null where no rule matches. */
  readonly rule: Rule | null
  readonly allowed: boolean
  /** A sentence for people. */
  readonly reason: string
  /** What the caller would need; undefined where it passes. */
  readonly need?: Need
  /** What the first rule in shadow mode that matches would have decided, where it stands before the rule that decides. */
  readonly shadow?: { readonly rule: Rule; readonly allowed: boolean }
}

/** Rules of one kind in their order, in an index by the segments of their paths. */
export interface RuleIndex<Rule extends DecidingRule = DecidingRule> {
  /** In the order in which they are asked. */
  readonly rules: readonly Rule[]
  /** The rules that matter for a request. */
  find(asked: Asked): Found<Rule>
}

/** All rules that a request meets. */
export interface RuleSet<Rule extends DecidingRule = DecidingRule> {
  /** Those that are asked first. */
  readonly own: RuleIndex<Rule>
  /** Those that other rule sets have too. */
  readonly shared: RuleIndex<Rule>
  decide(asked: Asked, caller: Caller): Decision<Rule>
}

interface Found<Rule> {
  /** The first rule that matches. */
  readonly strict: Rule | undefined
  /** The first rule that matches without regard to letter case. */
  readonly loose: Rule | undefined
  /** The first rule in shadow mode that matches, where it stands before the first that matches. */
  readonly shadow: Rule | undefined
}

/** The rules of two indexes, in this order. */
export function ruleSet<Rule extends DecidingRule>(own: RuleIndex<Rule>, shared: RuleIndex<Rule>): RuleSet<Rule> {
  const parts = [own, shared].filter(({ rules }) => rules.length > 0)
  return {
    ...{ own, shared },
    decide(asked, caller) {
      let [strict, loose, shadow]: (Rule | undefined)[] = []
      for (const part of parts) {
        const found = part.find(asked)
        strict = found.strict
        loose ??= found.loose
        shadow ??= found.shadow
        if (strict) break
      }
      const decision = decisionBy(strict, loose, caller)
      return shadow
        ? { ...decision, shadow: { rule: shadow, allowed: flawOf(shadow, caller) === undefined } }
        : decision
    },
  }
}

function decisionBy<Rule extends DecidingRule>(
  strict: Rule | undefined,
  loose: Rule | undefined,
  caller: Caller,
): Decision<Rule> {
  // Many upstreams ignore letter case: such a path must not get past the rule that is meant for it.
  if (loose && loose !== strict && loose.path.toLowerCase() !== strict?.path.toLowerCase()) {
    const reason = `The path differs from that of a rule, ${loose.path}, only by letter case.`
    return { rule: loose, allowed: false, reason, need: 'path' }
  }
  if (!strict) {
    const need = caller.kind === 'anonymous' ? 'sign_in' : 'rule'
    return { rule: null, allowed: false, reason: 'No rule matches the request.', need }
  }
  const flaw = flawOf(strict, caller)
  if (flaw) return { rule: strict, allowed: false, ...flaw }
  return { rule: strict, allowed: true, reason: 'The caller has what the rule requires.' }
}

/** A set of rules: bit n stands for the rule at place n of the order. */
type Bits = Uint32Array
/** Few rules by their places, many as bits. */
type Places = number[] | Bits

/**
 * Puts rules in an index. A request costs one step for each segment of its path and each 32 rules, however many wildcards they
 * have: the rules that match up to a segment are a set of bits, which the next segment narrows.
 * @param ordered the enabled rules, in the order in which they are asked
 */
export function indexRules<Rule extends DecidingRule>(ordered: readonly Rule[]): RuleIndex<Rule> {
  const building = indexing(ordered)
  for (;;) {
    const { done, value } = building.next()
    if (done) return value
  }
}

/** The same in steps, between which others have their turn. @param rest ends when it is the next step’s turn */
export async function indexRulesInSteps<Rule extends DecidingRule>(
  ordered: readonly Rule[],
  rest: () => Promise<void>,
): Promise<RuleIndex<Rule>> {
  const building = indexing(ordered)
  for (;;) {
    const { done, value } = building.next()
    if (done) return value
    await rest()
  }
}

/** Rules of one step. */
const STEP = 500

function* indexing<Rule extends DecidingRule>(ordered: readonly Rule[]): Generator<void, RuleIndex<Rule>> {
  const patterns: PathPattern[] = []
  for (const [at, { path }] of ordered.entries()) {
    if (at % STEP === STEP - 1) yield
    patterns.push(readPattern(path))
  }
  const width = Math.ceil(ordered.length / 32)
  const depth = patterns.reduce((most, { segments }) => Math.max(most, segments.length), 0)
  const bits = (count: number) => Array.from({ length: count }, () => new Uint32Array(width))
  // For each place in a path: the rules that take any segment there, and those that take one, without regard to letter case.
  const any = bits(depth)
  const named = Array.from({ length: depth }, () => new Map<string, Places>())
  // For each length of a path: the rules that a path of that length can match; the last one is for all longer paths.
  const ends = bits(depth + 2)
  const { anyMethod, methods } = methodsIn(ordered, width)
  for (const [at, { segments, below }] of patterns.entries()) {
    if (at % STEP === STEP - 1) yield
    const { length } = segments
    for (const [place, segment] of segments.entries()) {
      if (segment === null) add(any[place] as Bits, at)
      else append(named[place] as Map<string, Places>, segment.toLowerCase(), at)
    }
    if (below) for (const rest of [...any.slice(length), ...ends.slice(length)]) add(rest, at)
    else add(ends[length] as Bits, at)
  }
  for (const places of named) pack(places, width)
  const matching = new Uint32Array(width)
  return {
    rules: ordered,
    find({ method, path }) {
      const segments = segmentsOf(path)
      matching.set(ends[Math.min(segments.length, depth + 1)] as Bits)
      narrow(matching, anyMethod, methods.get(method))
      for (let place = 0; place < depth && place < segments.length; place++) {
        const segment = (segments[place] as string).toLowerCase()
        narrow(matching, any[place] as Bits, named[place]?.get(segment))
      }
      return first(
        matching,
        (at) => ordered[at] as Rule,
        (at) => isStrict(patterns[at] as PathPattern, segments),
      )
    },
  }
}

/** The rules for any method, and those for each one. */
function methodsIn(ordered: readonly DecidingRule[], width: number) {
  const anyMethod = new Uint32Array(width)
  const methods = new Map<string, Places>()
  for (const [at, rule] of ordered.entries()) {
    if (rule.methods.length === 0) add(anyMethod, at)
    for (const method of methodsOf(rule)) append(methods, method, at)
  }
  pack(methods, width)
  return { anyMethod, methods }
}

/** A rule for GET is one for HEAD too, which asks for the head of the same answer (RFC 9110 §9.3.2). */
function methodsOf({ methods }: DecidingRule): readonly string[] {
  return methods.includes('GET') && !methods.includes('HEAD') ? [...methods, 'HEAD'] : methods
}

/** The segments of a path; a slash at its end makes no segment, since most upstreams ignore it. */
function segmentsOf(path: string): string[] {
  const end = path.endsWith('/') ? -1 : undefined
  return path === '/' ? [] : path.slice(1, end).split('/')
}

function add(bits: Bits, at: number): void {
  bits[at >>> 5] = (bits[at >>> 5] as number) | (1 << (at & 31))
}

function append(to: Map<string, Places>, key: string, at: number): void {
  const places = to.get(key) as number[] | undefined
  if (!places) to.set(key, [at])
  else if (places.at(-1) !== at) places.push(at)
}

/** Makes bits of lists that are longer than those. */
function pack(all: Map<string, Places>, width: number): void {
  for (const [key, places] of all) {
    if (places.length < width) continue
    const bits = new Uint32Array(width)
    for (const at of places) add(bits, at)
    all.set(key, bits)
  }
}

/** Keeps the rules of a set that are in one of two others. */
function narrow(bits: Bits, one: Bits, other: Places | undefined): void {
  if (other instanceof Uint32Array) {
    for (let word = 0; word < bits.length; word++) {
      bits[word] = (bits[word] as number) & ((one[word] as number) | (other[word] as number))
    }
    return
  }
  const kept = other?.filter((at) => ((bits[at >>> 5] as number) >>> (at & 31)) & 1)
  for (let word = 0; word < bits.length; word++) bits[word] = (bits[word] as number) & (one[word] as number)
  for (const at of kept ?? []) add(bits, at)
}

/** The first rules of a set. Those in shadow mode decide nothing. */
function first<Rule extends DecidingRule>(
  bits: Bits,
  ruleAt: (at: number) => Rule,
  isStrictAt: (at: number) => boolean,
): Found<Rule> {
  let loose: Rule | undefined
  let shadow: Rule | undefined
  for (let word = 0; word < bits.length; word++) {
    for (let left = bits[word] as number; left !== 0; left &= left - 1) {
      const at = word * 32 + 31 - Math.clz32(left & -left)
      const rule = ruleAt(at)
      if (rule.mode === 'shadow') {
        if (!shadow && isStrictAt(at)) shadow = rule
        continue
      }
      loose ??= rule
      if (isStrictAt(at)) return { strict: rule, loose, shadow }
    }
  }
  return { strict: undefined, loose, shadow }
}

function isStrict({ segments }: PathPattern, asked: readonly string[]): boolean {
  return segments.every((segment, at) => segment === null || segment === asked[at])
}
