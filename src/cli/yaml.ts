// Writes values as YAML 1.2, as block collections with quoted strings where plain ones could be read as something else.
import { json } from './text.ts'

// A plain scalar (YAML 1.2 §7.3.3) of letters that no reader takes for a number, a boolean, null or a time.
const PLAIN = /^[A-Za-z_/][\w./@+-]*(?: [\w./@+-]+)*$/
const WORDS = /^(?:true|false|yes|no|on|off|y|n|null|nan|inf)$/i

/** A value as a YAML document, with a line end. */
export function yaml(value: unknown): string {
  return `${linesOf(value).join('\n')}\n`
}

function linesOf(value: unknown): string[] {
  if (Array.isArray(value)) {
    if (value.length === 0) return ['[]']
    return value.flatMap((item) => linesOf(item).map((line, at) => `${at === 0 ? '- ' : '  '}${line}`))
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined)
    if (entries.length === 0) return ['{}']
    return entries.flatMap(([name, item]) => {
      const lines = linesOf(item)
      const key = scalar(name)
      if (!isBlock(item)) return [`${key}: ${lines[0]}`]
      return [`${key}:`, ...lines.map((line) => (Array.isArray(item) ? line : `  ${line}`))]
    })
  }
  return [scalar(value)]
}

function isBlock(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0
}

function scalar(value: unknown): string {
  return typeof value === 'string' && PLAIN.test(value) && !WORDS.test(value) ? value : json(value ?? null)
}
