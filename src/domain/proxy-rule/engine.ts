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

/** Rules that were put in order. */
export interface RuleSet<Rule extends DecidingRule = DecidingRule> {
  /** In the order in which they are asked. */
  readonly rules: readonly Rule[]
  decide(asked: Asked, caller: Caller): Decision<Rule>
}

interface Entry<Rule> {
  readonly rule: Rule
  /** The place in the order. */
  readonly at: number
  readonly methods: ReadonlySet<string> | undefined
  readonly pattern: PathPattern
  /** The pattern without regard to letter case. */
  readonly folded: string
}

interface Node<Rule> {
  readonly children: Map<string, Node<Rule>>
  any: Node<Rule> | undefined
  /** Rules for exactly this path, and for everything below it. */
  readonly exact: Entry<Rule>[]
  readonly below: Entry<Rule>[]
}

interface Found<Rule> {
  /** The first rule that matches. */
  strict: Entry<Rule> | undefined
  /** The first rule that matches without regard to letter case. */
  loose: Entry<Rule> | undefined
}

/**
 * Puts rules in an index by the segments of their paths, so that a decision looks only at rules whose path matches.
 * @param ordered the enabled rules, in the order in which they are asked
 */
export function compileRules<Rule extends DecidingRule>(ordered: readonly Rule[]): RuleSet<Rule> {
  const [enforced, shadowed] = [nodeOf<Rule>(), nodeOf<Rule>()]
  let hasShadows = false
  for (const [at, rule] of ordered.entries()) {
    const pattern = readPattern(rule.path)
    const methods = rule.methods.length > 0 ? methodsOf(rule) : undefined
    const isShadow = rule.mode === 'shadow'
    hasShadows ||= isShadow
    insert(isShadow ? shadowed : enforced, { rule, at, methods, pattern, folded: rule.path.toLowerCase() })
  }
  return {
    rules: ordered,
    decide(asked, caller) {
      const { strict, loose } = find(enforced, asked)
      const decision = decisionBy(strict, loose, caller)
      const shadow = hasShadows ? find(shadowed, asked).strict : undefined
      if (!shadow || (strict && strict.at < shadow.at)) return decision
      return { ...decision, shadow: { rule: shadow.rule, allowed: flawOf(shadow.rule, caller) === undefined } }
    },
  }
}

function decisionBy<Rule extends DecidingRule>(
  strict: Entry<Rule> | undefined,
  loose: Entry<Rule> | undefined,
  caller: Caller,
): Decision<Rule> {
  // Many upstreams ignore letter case: such a path must not get past the rule that is meant for it.
  if (loose && loose !== strict && loose.folded !== strict?.folded) {
    const reason = `The path differs from that of a rule, ${loose.rule.path}, only by letter case.`
    return { rule: loose.rule, allowed: false, reason, need: 'path' }
  }
  if (!strict) {
    const need = caller.kind === 'anonymous' ? 'sign_in' : 'rule'
    return { rule: null, allowed: false, reason: 'No rule matches the request.', need }
  }
  const flaw = flawOf(strict.rule, caller)
  if (flaw) return { rule: strict.rule, allowed: false, ...flaw }
  return { rule: strict.rule, allowed: true, reason: 'The caller has what the rule requires.' }
}

/** A rule for GET is one for HEAD too, which asks for the head of the same answer (RFC 9110 §9.3.2). */
function methodsOf({ methods }: DecidingRule): ReadonlySet<string> {
  return new Set(methods.includes('GET') ? [...methods, 'HEAD'] : methods)
}

function nodeOf<Rule>(): Node<Rule> {
  return { children: new Map(), any: undefined, exact: [], below: [] }
}

function insert<Rule>(root: Node<Rule>, entry: Entry<Rule>): void {
  let node = root
  for (const segment of entry.pattern.segments) {
    if (segment === null) {
      node.any ??= nodeOf()
      node = node.any
      continue
    }
    const key = segment.toLowerCase()
    let child = node.children.get(key)
    if (!child) {
      child = nodeOf()
      node.children.set(key, child)
    }
    node = child
  }
  if (entry.pattern.below) node.below.push(entry)
  else node.exact.push(entry)
}

function find<Rule>(root: Node<Rule>, { method, path }: Asked): Found<Rule> {
  const found: Found<Rule> = { strict: undefined, loose: undefined }
  const segments = segmentsOf(path)
  const folded = segments.map((segment) => segment.toLowerCase())
  walk(root, 0, { method, segments, folded, found })
  return found
}

/** The segments of a path; a slash at its end makes no segment, since most upstreams ignore it. */
function segmentsOf(path: string): string[] {
  const end = path.endsWith('/') ? -1 : undefined
  return path === '/' ? [] : path.slice(1, end).split('/')
}

interface Walk<Rule> {
  readonly method: string
  readonly segments: readonly string[]
  readonly folded: readonly string[]
  readonly found: Found<Rule>
}

function walk<Rule>(node: Node<Rule>, depth: number, asked: Walk<Rule>): void {
  consider(node.below, asked)
  if (depth === asked.segments.length) return consider(node.exact, asked)
  const child = node.children.get(asked.folded[depth] as string)
  if (child) walk(child, depth + 1, asked)
  if (node.any) walk(node.any, depth + 1, asked)
}

function consider<Rule>(entries: readonly Entry<Rule>[], { method, segments, found }: Walk<Rule>): void {
  for (const entry of entries) {
    // The entries of a node are in their order, and a strict match is a loose one too.
    if (found.strict && entry.at > found.strict.at) return
    if (entry.methods && !entry.methods.has(method)) continue
    if (!found.loose || entry.at < found.loose.at) found.loose = entry
    if (isStrict(entry.pattern, segments)) {
      found.strict = entry
      return
    }
  }
}

function isStrict({ segments }: PathPattern, asked: readonly string[]): boolean {
  return segments.every((segment, at) => segment === null || segment === asked[at])
}
