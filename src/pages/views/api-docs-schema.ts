// Shows schemas and parameters in the API documentation.
import type { ApiDocument, ApiSchema, ApiSchemaObject } from './api-docs-document.ts'
import { flatten, typeName } from './api-docs-type.ts'
import { type Content, html, type Markup } from './markup.ts'
import { prose } from './prose.ts'

/** Nesting beyond this is named, not shown. */
const deepest = 8

/** The parts of schemas around the one that is shown, to stop where one contains itself. */
type Trail = readonly object[]

const words = {
  required: 'required',
  deprecated: 'deprecated',
  readOnly: 'read only',
  writeOnly: 'write only',
  oneOf: 'One of:',
  variant: (number: number) => `Variant ${number}`,
  default: 'Default',
  values: 'Values',
  atLeast: (least: string | number) => `at least ${least}`,
  atMost: (most: string | number) => `at most ${most}`,
  between: (least: string | number, most: string | number) => `${least} to ${most}`,
  above: (bound: number) => `more than ${bound}`,
  below: (bound: number) => `less than ${bound}`,
  length: 'Length',
  count: 'Items',
  value: 'Value',
  pattern: 'Pattern',
}

/** A named value: a property, a parameter. */
export interface Entry {
  readonly name: string
  readonly schema: ApiSchema
  readonly required: boolean
  readonly description?: string | undefined
  readonly deprecated?: boolean | undefined
}

/** A list of named values with their types, rules and parts. */
export function entryList(document: ApiDocument, entries: readonly Entry[], trail: Trail = []): Markup {
  return html`<dl class="entries">${entries.map((entry) => entryItem(document, entry, trail))}</dl>`
}

/** What a value of the schema looks like: its properties if it is an object, its type if not. */
export function schemaView(document: ApiDocument, schema: ApiSchema, trail: Trail = []): Content {
  const flat = flatten(document, schema)
  const parts = partsOf(document, flat, trail)
  const name = typeName(document, flat)
  return [name !== 'object' && html`<p class="type">${name}</p>`, rules(flat), parts]
}

function entryItem(document: ApiDocument, entry: Entry, trail: Trail): Markup {
  const flat = flatten(document, entry.schema)
  const description = entry.description ?? flat.description
  const flags = [
    entry.required && words.required,
    (entry.deprecated || flat.deprecated) && words.deprecated,
    flat.readOnly && words.readOnly,
    flat.writeOnly && words.writeOnly,
  ].filter((flag) => typeof flag === 'string')
  return html`<div>
    <dt>
      <code class="name">${entry.name}</code> <span class="type">${typeName(document, flat)}</span>
      ${flags.map((flag) => html` <span class="flag">${flag}</span>`)}
    </dt>
    <dd>${description && prose(description)}${rules(flat)}${partsOf(document, flat, trail)}</dd>
  </div>`
}

/** What is inside a value: properties, the items' properties, or variants; undefined if it has no parts to show. */
function partsOf(document: ApiDocument, schema: ApiSchemaObject, trail: Trail): Content {
  const { properties, oneOf, anyOf, items, additionalProperties } = schema
  const within = [properties ?? oneOf ?? anyOf ?? items ?? additionalProperties].filter(
    (part) => typeof part === 'object',
  )
  if (trail.length > deepest || within.some((part) => trail.includes(part))) return undefined
  const deeper = [...trail, ...within]
  if (properties && Object.keys(properties).length > 0) {
    const required = new Set(schema.required)
    const entries = Object.entries(properties).map(([name, part]) => {
      return { name, schema: part, required: required.has(name) }
    })
    return entryList(document, entries, deeper)
  }
  if (oneOf || anyOf) return variantsOf(document, oneOf ?? anyOf ?? [], deeper)
  const inner = items ?? additionalProperties
  return typeof inner === 'object' ? partsOf(document, flatten(document, inner), deeper) : undefined
}

/** The alternatives that have parts; simple ones are in the type's name already. */
function variantsOf(document: ApiDocument, variants: readonly ApiSchema[], trail: Trail): Content {
  const composed = variants
    .map((variant) => flatten(document, variant))
    .filter((variant) => isComposed(document, variant))
  if (composed.length < 2) return composed.map((variant) => partsOf(document, variant, trail))
  return html`<div class="variants">
    <p>${words.oneOf}</p>
    ${composed.map(
      (variant, index) => html`<details>
        <summary>${variant.title ?? words.variant(index + 1)}</summary>
        ${partsOf(document, variant, trail)}
      </details>`,
    )}
  </div>`
}

function isComposed(document: ApiDocument, schema: ApiSchemaObject): boolean {
  if (schema.properties || schema.oneOf || schema.anyOf) return true
  return typeof schema.items === 'object' && flatten(document, schema.items).properties !== undefined
}

function rules(schema: ApiSchemaObject): Content {
  const values = schema.enum ?? []
  return [
    values.length > 0 && rule(words.values, listed(values)),
    rule(words.length, range(schema.minLength, schema.maxLength)),
    rule(words.count, range(schema.minItems, schema.maxItems)),
    rule(words.value, range(schema.minimum, schema.maximum)),
    rule(words.value, schema.exclusiveMinimum !== undefined && words.above(schema.exclusiveMinimum)),
    rule(words.value, schema.exclusiveMaximum !== undefined && words.below(schema.exclusiveMaximum)),
    // A format already says what the pattern spells out.
    schema.pattern && !schema.format && rule(words.pattern, html`<code>${schema.pattern}</code>`),
    schema.default !== undefined && rule(words.default, html`<code>${JSON.stringify(schema.default)}</code>`),
  ]
}

function rule(name: string, content: Content): Content {
  return content && html`<p class="rule">${name}: ${content}</p>`
}

/** Two limits as words; those of JSON's safe integers (RFC 8259 §6) go without saying. */
function range(least: number | undefined, most: number | undefined): string | undefined {
  const low = least !== undefined && least > Number.MIN_SAFE_INTEGER ? least : undefined
  const high = most !== undefined && most < Number.MAX_SAFE_INTEGER ? most : undefined
  if (low !== undefined && high !== undefined) return words.between(low, high)
  if (low !== undefined) return words.atLeast(low)
  return high === undefined ? undefined : words.atMost(high)
}

function listed(values: readonly unknown[]): Content {
  return values.map((value, index) => [index > 0 && ', ', html`<code>${JSON.stringify(value)}</code>`])
}
