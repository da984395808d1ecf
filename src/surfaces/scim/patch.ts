// What the operations of a PATCH do to a resource (RFC 7644 §3.5.2), with what Entra ID and Okta write besides.
import { type Attribute, coreOf, named, type ResourceKind, schemaOf } from './attributes.ts'
import { ScimFailure } from './failure.ts'
import { type AttributePath, type Filter, type PatchPath, parsePath } from './filter.ts'
import { isObject, type Resource, readAttribute, readValue, VALUES_MAX } from './resource.ts'
import { fulfils, partsOf, sameValue } from './values.ts'

/** One operation of a PATCH. */
export interface PatchOperation {
  readonly op: 'add' | 'replace' | 'remove'
  readonly path?: PatchPath
  readonly value?: unknown
}

/** What a path leads to. */
interface Target {
  /** The extension that it lies in; none for the resource’s own schema. */
  readonly urn: string | undefined
  readonly attribute: Attribute
  readonly part: Attribute | undefined
  readonly filter: Filter | undefined
}

const OPERATIONS_MAX = 1_000
const MEMBERS_MAX = 200

/**
 * The operations of a PATCH body.
 * @throws ScimFailure `invalidSyntax`, `invalidPath`, `noTarget`
 */
export function readPatch(body: unknown): PatchOperation[] {
  const members = isObject(body) ? Object.entries(body) : []
  const [, list] = members.find(([name]) => name.toLowerCase() === 'operations') ?? []
  if (!Array.isArray(list) || list.length === 0) {
    throw new ScimFailure('invalidSyntax', 'Operations: a list of one operation or more is expected.')
  }
  if (list.length > OPERATIONS_MAX) {
    throw new ScimFailure('tooMany', `At most ${OPERATIONS_MAX} operations can be asked for in one PATCH.`)
  }
  return list.map(readOperation)
}

function readOperation(given: unknown): PatchOperation {
  if (!isObject(given)) throw new ScimFailure('invalidSyntax', 'Each operation must be a JSON object.')
  // Entra ID writes "Add".
  const op = typeof given.op === 'string' ? given.op.toLowerCase() : ''
  if (op !== 'add' && op !== 'replace' && op !== 'remove') {
    throw new ScimFailure('invalidSyntax', 'op: add, replace or remove is expected.')
  }
  const { path, value } = given
  if (path === undefined || path === null || path === '') {
    if (op === 'remove') throw new ScimFailure('noTarget', 'A remove needs a path.')
    if (!isObject(value)) throw new ScimFailure('invalidValue', 'Without a path, the value must be a JSON object.')
    return { op, value }
  }
  if (typeof path !== 'string') throw new ScimFailure('invalidPath', 'path: a text is expected.')
  if (op !== 'remove' && value === undefined) throw new ScimFailure('invalidValue', 'A value is expected.')
  return { op, path: parsePath(path), value }
}

/**
 * The operations with a path each: one without a path is one for each member of its value (RFC 7644 §3.5.2.1), whose
 * names may be paths in turn. What no schema has and what nobody may write is passed over there, for clients send along
 * what they have.
 * @throws ScimFailure `invalidPath`
 */
export function withPaths(kind: ResourceKind, operations: readonly PatchOperation[]): Required<PatchOperation>[] {
  return operations.flatMap(({ op, path, value }) => {
    if (path) return [{ op, path, value }]
    const members = Object.entries(value as Resource)
    if (members.length > MEMBERS_MAX) {
      throw new ScimFailure('tooMany', `At most ${MEMBERS_MAX} attributes can be in one operation.`)
    }
    return members.flatMap(([name, member]) => {
      const extension = schemaOf(kind, name)
      const names = extension
        ? Object.entries(isObject(member) ? member : {}).map(
            ([part, one]) => [`${extension.urn}:${part}`, one] as const,
          )
        : [[name, member] as const]
      return names.flatMap(([key, one]) => {
        const parsed = parsePath(key)
        const target = targetOf(kind, parsed)
        return target && target.attribute.mutability !== 'readOnly' ? [{ op, path: parsed, value: one }] : []
      })
    })
  })
}

/**
 * Does the operations of a PATCH, one after the other, to a copy of a resource.
 * @throws ScimFailure `invalidPath`, `noTarget`, `mutability`, `invalidValue`
 */
export function patched(kind: ResourceKind, resource: Resource, operations: readonly PatchOperation[]): Resource {
  const changed = structuredClone(resource)
  for (const { op, path, value } of withPaths(kind, operations)) {
    const target = targetOf(kind, path)
    if (!target) throw new ScimFailure('invalidPath', `${shown(path.path)}: no schema of this resource has it.`)
    checkMutable(target, op)
    const holder = target.urn === undefined ? changed : extensionOf(changed, target.urn)
    if (op === 'remove') remove(holder, target, value)
    else put(holder, target, op, value)
    if (target.urn !== undefined && Object.keys(holder).length === 0) delete changed[target.urn]
  }
  return changed
}

function extensionOf(resource: Resource, urn: string): Resource {
  resource[urn] ??= {}
  return resource[urn] as Resource
}

function shown({ uri, name, sub }: AttributePath): string {
  return [uri, sub === undefined ? name : `${name}.${sub}`].filter(Boolean).join(':')
}

/** What a path leads to; undefined where there is no such thing. */
function targetOf(kind: ResourceKind, { path, filter }: PatchPath): Target | undefined {
  const { uri, name, sub } = path
  const schema = uri === undefined ? undefined : schemaOf(kind, uri)
  if (uri !== undefined && !schema) return undefined
  const readOnly = uri === undefined && ['id', 'meta', 'schemas'].includes(name.toLowerCase())
  const attribute = readOnly ? READ_ONLY : named(schema?.attributes ?? coreOf(kind), name)
  const part = sub === undefined ? undefined : named(attribute?.subAttributes ?? [], sub)
  if (!attribute || (sub !== undefined && !part && !readOnly)) return undefined
  if (filter && !attribute.multiValued) return undefined
  return { urn: schema && schema.urn !== kind.schema ? schema.urn : undefined, attribute, part, filter }
}

const READ_ONLY: Attribute = {
  name: 'id',
  type: 'string',
  description: '',
  multiValued: false,
  required: true,
  caseExact: true,
  mutability: 'readOnly',
  returned: 'always',
  uniqueness: 'server',
}

function checkMutable({ attribute, part, filter }: Target, op: PatchOperation['op']): void {
  if ((part ?? attribute).mutability === 'readOnly' || attribute.mutability === 'readOnly') {
    throw new ScimFailure('mutability', `${attribute.name} cannot be changed.`)
  }
  if (op === 'remove' && attribute.required && !part && !filter) {
    throw new ScimFailure('mutability', `${attribute.name} cannot be removed.`)
  }
}

function put(holder: Resource, { attribute, part, filter }: Target, op: 'add' | 'replace', value: unknown): void {
  const { name } = attribute
  if (attribute.multiValued) return putValues(holder, { attribute, part, filter }, op, value)
  if (part) {
    const copy = isObject(holder[name]) ? { ...holder[name] } : {}
    assign(copy, part.name, readAttribute(part, value))
    return assign(holder, name, Object.keys(copy).length > 0 ? copy : undefined)
  }
  const read = readValue(attribute, value)
  // Of an attribute with parts, those that are not named stay (RFC 7644 §3.5.2.3).
  const before = holder[name]
  assign(holder, name, isObject(read) && isObject(before) ? { ...before, ...read } : read)
}

function assign(holder: Resource, name: string, value: unknown): void {
  if (value === undefined) delete holder[name]
  else holder[name] = value
}

function putValues(
  holder: Resource,
  { attribute, part, filter }: Omit<Target, 'urn'>,
  op: 'add' | 'replace',
  value: unknown,
): void {
  const before = (holder[attribute.name] ?? []) as Resource[]
  if (!filter && !part) {
    const read = (readAttribute(attribute, value) ?? []) as Resource[]
    const fresh = op === 'replace' ? read : read.filter((one) => !before.some((known) => sameValue(known, one)))
    const kept = op === 'replace' ? [] : before
    checkCount(attribute, kept.length + fresh.length)
    return assign(holder, attribute.name, listed([...kept, ...fresh], new Set(fresh)))
  }
  const meant = new Set(filter ? before.filter((one) => fulfils(filter, one)) : before)
  if (meant.size === 0) {
    if (op === 'replace') throw new ScimFailure('noTarget', `${attribute.name}: no value fulfils the filter.`)
    // What is added where nothing is yet has what the filter asks for: Entra ID adds emails[type eq "work"].value.
    const asked = filter ? readValue(attribute, partsOf(filter)) : undefined
    const fresh = changedValue({ attribute, part }, isObject(asked) ? asked : {}, value)
    checkCount(attribute, before.length + 1)
    return assign(holder, attribute.name, listed([...before, fresh], new Set([fresh])))
  }
  const fresh = new Set<Resource>()
  const values = before.map((one) => {
    if (!meant.has(one)) return one
    const changed = changedValue({ attribute, part }, op === 'replace' && !part ? {} : one, value)
    fresh.add(changed)
    return changed
  })
  assign(holder, attribute.name, listed(values, fresh))
}

// A PATCH adds to what is there: the bound of an attribute holds for all of its values together.
function checkCount({ name, valuesMax = VALUES_MAX }: Attribute, count: number): void {
  if (count > valuesMax) throw new ScimFailure('invalidValue', `${name}: at most ${valuesMax} values are kept`)
}

function changedValue(
  { attribute, part }: Pick<Target, 'attribute' | 'part'>,
  before: Resource,
  value: unknown,
): Resource {
  const read = part ? readAttribute(part, value) : readValue(attribute, value)
  if (!part) return { ...before, ...(isObject(read) ? read : {}) }
  const changed = { ...before }
  assign(changed, part.name, read)
  return changed
}

/** Values without those that are empty; where one becomes the primary one, the others no longer are. */
function listed(values: readonly Resource[], fresh: ReadonlySet<Resource>): Resource[] | undefined {
  const isPrimaryFresh = [...fresh].some(({ primary }) => primary === true)
  const kept = values
    .filter((one) => Object.keys(one).length > 0)
    .map((one) => (isPrimaryFresh && !fresh.has(one) && one.primary === true ? { ...one, primary: false } : one))
  return kept.length > 0 ? kept : undefined
}

function remove(holder: Resource, { attribute, part, filter }: Target, value: unknown): void {
  const { name } = attribute
  const before = holder[name]
  if (before === undefined) return
  if (!attribute.multiValued) {
    if (!part) delete holder[name]
    else if (isObject(before)) {
      const { [part.name]: _, ...rest } = before
      assign(holder, name, Object.keys(rest).length > 0 ? rest : undefined)
    }
    return
  }
  // Entra ID names in the value what is to be removed.
  const named =
    part || filter || value === undefined ? undefined : (readAttribute(attribute, value) as Resource[] | undefined)
  const isMeant = (one: Resource) =>
    named ? named.some((known) => sameValue(known, one)) : !filter || fulfils(filter, one)
  const values = (before as Resource[]).flatMap((one) => {
    if (!isMeant(one)) return [one]
    if (!part) return []
    const { [part.name]: _, ...rest } = one
    return [rest]
  })
  assign(holder, name, listed(values, new Set()))
}
