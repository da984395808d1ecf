// Resources as JSON: read off the wire in whatever case and spelling clients send, and cut to what a client asks for.
import { type Attribute, coreOf, named, type ResourceKind, schemaOf } from './attributes.ts'
import { ScimFailure } from './failure.ts'
import { type AttributePath, LONGEST, parsePath } from './filter.ts'

/** A resource, or a part of one, with names as the schemas spell them. */
export type Resource = Record<string, unknown>

/** How many values an attribute has at most, where the attribute does not say otherwise. */
export const VALUES_MAX = 100

/** How many attributes one request names at most, to see them or not to see them. */
const NAMES_MAX = 100

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is Resource {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * A resource’s attributes as they were sent, their names spelled as the schemas do. What no schema has and what nobody may
 * write is passed over (RFC 7644 §3.3); what is empty is left out, for it says the same (RFC 7643 §2.5).
 * @throws ScimFailure `invalidSyntax`, `invalidValue`
 */
export function readResource(kind: ResourceKind, body: unknown): Resource {
  if (!isObject(body)) throw new ScimFailure('invalidSyntax', 'The body must be a JSON object.')
  const resource: Resource = {}
  for (const [name, value] of Object.entries(body)) {
    const extension = name.includes(':') ? schemaOf(kind, name) : undefined
    if (extension) {
      const read = isObject(value) ? readParts(extension.attributes, value) : undefined
      if (read) resource[extension.urn] = read
      continue
    }
    const attribute = named(coreOf(kind), name)
    const read = attribute && attribute.mutability !== 'readOnly' ? readAttribute(attribute, value) : undefined
    if (attribute && read !== undefined) resource[attribute.name] = read
  }
  return resource
}

/**
 * One attribute’s value, or all of them; undefined for nothing.
 * @throws ScimFailure `invalidValue`
 */
export function readAttribute(attribute: Attribute, value: unknown): unknown {
  if (!attribute.multiValued) return readValue(attribute, value)
  if (value === null || value === undefined || value === '') return undefined
  const given = Array.isArray(value) ? value : [value]
  const { name, valuesMax = VALUES_MAX } = attribute
  if (given.length > valuesMax) throw new ScimFailure('invalidValue', `${name}: at most ${valuesMax} values are taken`)
  const values = given.map((one) => readValue(attribute, one)).filter((one) => one !== undefined)
  return values.length > 0 ? values : undefined
}

/**
 * One value of an attribute; undefined for nothing.
 * @throws ScimFailure `invalidValue`
 */
export function readValue(attribute: Attribute, value: unknown): unknown {
  if (value === null || value === undefined || value === '') return undefined
  if (attribute.type === 'complex') return readComplex(attribute, value)
  if (attribute.type === 'boolean') return readBoolean(attribute, value)
  if (typeof value === 'string') return value
  if (typeof value === 'number') return String(value)
  throw new ScimFailure('invalidValue', `${attribute.name}: a text is expected`)
}

function readComplex({ name, subAttributes = [] }: Attribute, value: unknown): unknown {
  if (isObject(value)) return readParts(subAttributes, value)
  // Clients send the value alone where there is little else: "manager": "…".
  if (typeof value === 'string' && named(subAttributes, 'value')) return { value }
  throw new ScimFailure('invalidValue', `${name}: a JSON object is expected`)
}

function readBoolean({ name }: Attribute, value: unknown): boolean {
  // Entra ID writes "True" and "False".
  const word = typeof value === 'string' ? value.toLowerCase() : value
  if (word === true || word === 'true') return true
  if (word === false || word === 'false') return false
  throw new ScimFailure('invalidValue', `${name}: true or false is expected`)
}

function readParts(attributes: readonly Attribute[], value: Resource): Resource | undefined {
  const parts: Resource = {}
  for (const [name, part] of Object.entries(value)) {
    const attribute = named(attributes, name)
    const read = attribute && attribute.mutability !== 'readOnly' ? readAttribute(attribute, part) : undefined
    if (attribute && read !== undefined) parts[attribute.name] = read
  }
  return Object.keys(parts).length > 0 ? parts : undefined
}

/** What a client wants to see of a resource (RFC 7644 §3.9). */
export interface Selection {
  readonly attributes: readonly AttributePath[]
  readonly excluded: readonly AttributePath[]
}

/**
 * The lists of a request.
 * @param attributes names with commas between them, or a list of names
 * @throws ScimFailure `invalidPath`
 */
export function readSelection(attributes: unknown, excluded: unknown): Selection {
  return { attributes: readNames(attributes), excluded: readNames(excluded) }
}

function readNames(given: unknown): AttributePath[] {
  const names = (Array.isArray(given) ? given : [given]).flatMap((text) =>
    typeof text === 'string' ? text.split(',') : [],
  )
  if (names.join().length > LONGEST)
    throw new ScimFailure('invalidPath', `The attributes are longer than ${LONGEST} characters.`)
  if (names.length > NAMES_MAX) throw new ScimFailure('invalidPath', `At most ${NAMES_MAX} attributes can be named.`)
  return names.filter((name) => name.trim() !== '').map((name) => parsePath(name.trim()).path)
}

/** Whether an attribute of the resource’s own schema is to be shown. */
export function shows({ attributes, excluded }: Selection, name: string): boolean {
  const meant = (path: AttributePath) => path.name.toLowerCase() === name.toLowerCase()
  if (attributes.length > 0) return attributes.some(meant)
  return !excluded.some((path) => meant(path) && path.sub === undefined)
}

const ALWAYS = new Set(['schemas', 'id'])

/** A resource without what is not wanted. Its id and schemas always are (RFC 7643 §3.1). */
export function selected(kind: ResourceKind, resource: Resource, selection: Selection): Resource {
  const { attributes, excluded } = selection
  if (attributes.length === 0 && excluded.length === 0) return resource
  const keys = (paths: readonly AttributePath[]) => paths.map((path) => placeOf(kind, path))
  return attributes.length > 0 ? only(resource, keys(attributes)) : without(resource, keys(excluded))
}

// An attribute of an extension lies in an object that is named by the extension’s URN.
function placeOf(kind: ResourceKind, { uri, name, sub }: AttributePath): string[] {
  const schemaMember = uri === undefined ? undefined : schemaOf(kind, `${uri}:${name}`)
  if (schemaMember) return schemaMember.urn === kind.schema ? [] : [schemaMember.urn]
  const schema = uri === undefined ? undefined : schemaOf(kind, uri)
  const path = sub === undefined ? [name] : [name, sub]
  return schema && schema.urn !== kind.schema ? [schema.urn, ...path] : path
}

function only(resource: Resource, places: readonly (readonly string[])[], isTop = true): Resource {
  const kept: Resource = {}
  for (const [name, value] of Object.entries(resource)) {
    const inside = places.filter(([first]) => first?.toLowerCase() === name.toLowerCase()).map(([, ...rest]) => rest)
    if (isTop && ALWAYS.has(name)) kept[name] = value
    else if (inside.some((rest) => rest.length === 0)) kept[name] = value
    else if (inside.length > 0) kept[name] = within(value, (part) => only(part, inside, false))
  }
  return kept
}

function without(resource: Resource, places: readonly (readonly string[])[], isTop = true): Resource {
  const kept: Resource = {}
  for (const [name, value] of Object.entries(resource)) {
    const inside = places.filter(([first]) => first?.toLowerCase() === name.toLowerCase()).map(([, ...rest]) => rest)
    if ((isTop && ALWAYS.has(name)) || inside.length === 0) kept[name] = value
    else if (inside.every((rest) => rest.length > 0)) kept[name] = within(value, (part) => without(part, inside, false))
  }
  return kept
}

function within(value: unknown, change: (part: Resource) => Resource): unknown {
  if (Array.isArray(value)) return value.map((one) => (isObject(one) ? change(one) : one))
  return isObject(value) ? change(value) : value
}

/** Whether two JSON values are the same, whatever the order of their members. */
export function sameJson(left: unknown, right: unknown): boolean {
  if (left === right) return true
  if (Array.isArray(left) || Array.isArray(right)) {
    return (
      Array.isArray(left) &&
      Array.isArray(right) &&
      left.length === right.length &&
      left.every((one, at) => sameJson(one, right[at]))
    )
  }
  if (!isObject(left) || !isObject(right)) return false
  const names = Object.keys(left)
  return (
    names.length === Object.keys(right).length &&
    names.every((name) => Object.hasOwn(right, name) && sameJson(left[name], right[name]))
  )
}
