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
/** How many blocks a template has at most: each may be inside the other, and the parser calls itself for each. */
const BLOCKS_MAX = 200
const BLOCK = /\{%-?\s*(if|unless|case)\b/g
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

/**
 * Parses a template.
 * @throws TemplateFlaw with the line and the reason
 */
export async function compile(source: string, form: TemplateForm): Promise<Compiled> {
  const engine = await engineFor(form)
  if ((source.match(BLOCK)?.length ?? 0) > BLOCKS_MAX) throw new TemplateFlaw(`more than ${BLOCKS_MAX} blocks`, 1)
  const parsed = parse(engine, source)
  return {
    variables: variablesIn(engine, parsed),
    async render(values) {
      const output = String(await engine.render(parsed, Object.assign(Object.create(null), values)))
      if (output.length > OUTPUT_MAX) throw new Error(`The mail has more than ${OUTPUT_MAX} characters.`)
      return output
    },
  }
}

function parse(engine: Liquid, source: string): Template[] {
  try {
    return engine.parse(source)
  } catch (error) {
    throw flawOf(error)
  }
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
