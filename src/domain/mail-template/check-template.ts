// Decides whether a template can be used: it names only what it can, renders with examples, and has what the mail is for.
import { Failure, type Flaw } from '#kernel/error.ts'
import type { LetterFrame } from '../mail/letter.ts'
import { NOT_IN_SUBJECTS, variablesOf } from './kinds.ts'
import { compile, TemplateFlaw, type TemplateForm } from './liquid.ts'
import type { TemplateContent, TemplateKind } from './mail-template.ts'

interface Part {
  readonly path: string
  readonly source: string
  readonly form: TemplateForm
  /** Whether it is a whole mail. */
  readonly isWhole: boolean
}

/**
 * Checks the members of a template that are given.
 * @param frame of an example
 * @throws Failure `invalid_input` with the line and the reason for each flaw
 */
export async function checkTemplate(
  kind: TemplateKind,
  frame: LetterFrame,
  content: Partial<TemplateContent>,
): Promise<void> {
  const flaws: Flaw[] = []
  for (const part of partsOf(content)) {
    const message = await flawIn(part, kind, frame)
    if (message !== undefined) flaws.push({ path: part.path, message })
  }
  if (flaws.length > 0) throw new Failure('invalid_input', { flaws })
}

function partsOf(content: Partial<TemplateContent>): Part[] {
  return Object.entries(content).flatMap(([name, value]): Part[] => {
    if (value === null) return []
    const isWhole = name === 'html' || name === 'text'
    const part = { form: name === 'html' ? ('html' as const) : ('text' as const), isWhole }
    if (typeof value === 'string') return [{ ...part, path: name, source: value }]
    return value.map((source, index) => ({ ...part, path: `${name}.${index}`, source }))
  })
}

async function flawIn(
  { source, form, isWhole, path }: Part,
  kind: TemplateKind,
  frame: LetterFrame,
): Promise<string | undefined> {
  try {
    const template = await compile(source, form)
    for (const [name, line] of template.variables) {
      if (path === 'subject' && NOT_IN_SUBJECTS.includes(name))
        return `line ${line}: a subject is listed and must not have {{ ${name} }}`
      if (!Object.hasOwn(frame.values, name)) return `line ${line}: not a variable of this mail: ${name}`
    }
    const output = await template.render(frame.values)
    if (path === 'subject' && output.trim() === '') return 'line 1: nothing is left of it'
    const missing = isWhole && variablesOf(kind, frame).find((one) => one.required && !output.includes(one.example))
    return missing ? `line 1: the mail is of no use without {{ ${missing.name} }}` : undefined
  } catch (error) {
    if (error instanceof TemplateFlaw) return error.message
    const message = error instanceof Error ? error.message : ''
    return `line ${/line:(\d+)/.exec(message)?.[1] ?? 1}: ${message.replace(/, line:.*/s, '').slice(0, 200)}`
  }
}
