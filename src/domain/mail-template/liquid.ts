// Owns the language of mail templates: LiquidJS with what it takes to write a mail, and nothing that reads files, loops or
// keeps state. So the time and the memory of a mail are bounded by the length of its template.
import type { Liquid, Template } from 'liquidjs'

/** The tags and filters that templates have. */
export const TEMPLATE_TAGS = ['if', 'unless', 'case', 'comment', 'raw'] as const
export const TEMPLATE_FILTERS = ['upcase', 'downcase', 'capitalize', 'default', 'truncate'] as const

const LIMITS = {
  /** Characters to parse. */
  parseLimit: 100_000,
  /** Milliseconds to render. */
  renderLimit: 100,
  /** What LiquidJS counts for what it allocates, such as the members of a range. */
  memoryLimit: 200_000,
}
/** How many tags and outputs a template has at most: blocks may be inside each other, and the parser calls itself for each. */
const MARKS_MAX = 200
/** The most characters in all tags and outputs: LiquidJS reads the text before a variable again to find its line. */
const MARKED_MAX = 10_000
/** The most characters that come of a template. */
const OUTPUT_MAX = 200_000

/** Values are escaped for HTML, or stay as they are. */
export type TemplateForm = 'html' | 'text'

/** A template that can be rendered. */
export interface Compiled {
  /** The names of all variables in it, with the line of the first use. */
  readonly variables: ReadonlyMap<string, number>
  /** @throws Error if the template takes too long or makes too much */
  render(values: Readonly<Record<string, string>>): Promise<string>
}

/** Why a template cannot be used. */
export class TemplateFlaw extends Error {
  /** @param line counted from 1 */
  constructor(reason: string, line: number) {
    super(`line ${line}: ${reason}`)
  }
}

const engines = new Map<TemplateForm, Promise<Liquid>>()

function engineFor(form: TemplateForm): Promise<Liquid> {
  const known = engines.get(form)
  if (known) return known
  const loading = loadEngine(form)
  engines.set(form, loading)
  return loading
}

async function loadEngine(form: TemplateForm): Promise<Liquid> {
  const { Liquid: Engine } = await import('liquidjs')
  const engine = new Engine({
    ...LIMITS,
    ...(form === 'html' && { outputEscape: 'escape' as const }),
    ...{ strictFilters: true, strictVariables: true, ownPropertyOnly: true, lenientIf: false },
    // An empty value is false in a condition.
    jsTruthy: true,
    // Nothing is read, whatever a tag asks for.
    templates: {},
    cache: false,
  })
  keepOnly(engine.tags, TEMPLATE_TAGS)
  keepOnly(engine.filters, TEMPLATE_FILTERS)
  return engine
}

function keepOnly(all: Record<string, unknown>, kept: readonly string[]): void {
  for (const name of Object.keys(all)) if (!kept.includes(name)) delete all[name]
}

/** How many templates are kept that mails are written by. */
const KEPT_MAX = 200
const kept = new Map<string, Promise<Pick<Compiled, 'render'>>>()

/**
 * A template to render, parsed once for many mails.
 * @throws TemplateFlaw with the line and the reason
 */
export function compileOnce(source: string, form: TemplateForm): Promise<Pick<Compiled, 'render'>> {
  const key = `${form} ${source}`
  const known = kept.get(key)
  if (known !== undefined) return known
  const made = engineFor(form).then((engine) => rendering(engine, parse(engine, source)))
  kept.set(key, made)
  const [oldest] = kept.keys()
  if (kept.size > KEPT_MAX && oldest !== undefined) kept.delete(oldest)
  return made
}

/**
 * Parses a template, and finds its variables.
 * @throws TemplateFlaw with the line and the reason
 */
export async function compile(source: string, form: TemplateForm): Promise<Compiled> {
  const engine = await engineFor(form)
  const parsed = parse(engine, source)
  return { variables: variablesIn(engine, parsed), ...rendering(engine, parsed) }
}

function rendering(engine: Liquid, parsed: Template[]): Pick<Compiled, 'render'> {
  return {
    async render(values) {
      const output = String(await engine.render(parsed, Object.assign(Object.create(null), values)))
      if (output.length > OUTPUT_MAX) throw new Error(`The mail has more than ${OUTPUT_MAX} characters.`)
      return output
    },
  }
}

function parse(engine: Liquid, source: string): Template[] {
  checkMarks(source)
  try {
    return engine.parse(source)
  } catch (error) {
    throw flawOf(error)
  }
}

/** Bounds the work of the parser before it begins, in one pass. */
function checkMarks(source: string): void {
  let [marks, marked] = [0, 0]
  for (let at = markFrom(source, 0); at >= 0; at = markFrom(source, at)) {
    const start = at
    at = endOfMark(source, start)
    marked += at - start
    if (++marks > MARKS_MAX) throw new TemplateFlaw(`more than ${MARKS_MAX} tags and outputs`, 1)
    if (marked > MARKED_MAX) throw new TemplateFlaw(`more than ${MARKED_MAX} characters in tags and outputs`, 1)
  }
}

function markFrom(source: string, from: number): number {
  for (let at = source.indexOf('{', from); at >= 0; at = source.indexOf('{', at + 1))
    if (source[at + 1] === '{' || source[at + 1] === '%') return at
  return -1
}

/** Where a tag or an output ends. What is in quotes does not end an output. */
function endOfMark(source: string, start: number): number {
  const close = source[start + 1] === '{' ? '}}' : '%}'
  let quote = ''
  for (let at = start + 2; at < source.length; at++) {
    const sign = source[at] ?? ''
    if (quote === '' && source.startsWith(close, at)) return at + 2
    if (sign === quote) quote = ''
    else if (quote === '' && close === '}}' && (sign === '"' || sign === "'")) quote = sign
  }
  return source.length
}

function variablesIn(engine: Liquid, parsed: Template[]): Map<string, number> {
  const { globals } = engine.analyzeSync(parsed, { partials: false })
  return new Map(Object.entries(globals).map(([name, uses]) => [name, uses[0]?.location.row ?? 1]))
}

/** LiquidJS ends its messages with the line and the column. */
function flawOf(error: unknown): TemplateFlaw {
  const message = error instanceof Error ? error.message : String(error)
  const [, reason = message, line = '1'] = /^(.*?), line:(\d+), col:\d+$/s.exec(message) ?? []
  return new TemplateFlaw(reason.slice(0, 200), Number(line))
}
