// Groups as SCIM shows them, and what is asked of their members.
import type { Group } from '#domain/group/group.ts'
import type { DirectMember, MemberChange } from '#domain/group/group-match.ts'
import { parseId, renderId } from '#kernel/id.ts'
import { type Attribute, coreOf, EXTERNAL_ID, GROUP, GROUP_SCHEMA, named } from './attributes.ts'
import { ScimFailure } from './failure.ts'
import type { Filter, PatchPath } from './filter.ts'
import { type PatchOperation, withPaths } from './patch.ts'
import { type Resource, readAttribute } from './resource.ts'
import { versionOf } from './user-resource.ts'

/** A group as a SCIM resource. @param members only if they were requested */
export function groupResource(group: Group, members: readonly DirectMember[] | undefined, site: string): Resource {
  const id = renderId('group', group.id)
  return {
    schemas: [GROUP_SCHEMA],
    id,
    ...(group.externalId !== null && { externalId: group.externalId }),
    displayName: group.name,
    ...(members && {
      members: members.map(({ noun, id: memberId, name: display }) => {
        const value = renderId(noun, memberId)
        const type = noun === 'user' ? 'User' : 'Group'
        return { value, $ref: `${site}/${type}s/${value}`, type, display }
      }),
    }),
    meta: {
      resourceType: 'Group',
      created: new Date(group.createdAt).toISOString(),
      lastModified: new Date(group.updatedAt).toISOString(),
      location: `${site}/Groups/${id}`,
      version: versionOf(group),
    },
  }
}

/** What a request says of a group. */
export interface GroupWish {
  readonly name?: string
  readonly externalId?: string | null
  readonly members: MemberChange
}

/** The group that a complete resource describes: only the listed members are in it. @throws ScimFailure `invalidValue` */
export function wholeGroup(resource: Resource): Required<GroupWish> {
  const { displayName, externalId, members } = resource
  if (typeof displayName !== 'string') throw new ScimFailure('invalidValue', 'displayName: a group needs one.')
  const wanted = new Gathering()
  wanted.replace((members ?? []) as Resource[])
  return { name: displayName, externalId: (externalId ?? null) as string | null, members: wanted.change() }
}

/**
 * What the operations of a PATCH say of a group. Its members are never read for it.
 * @throws ScimFailure `invalidPath`, `invalidFilter`, `invalidValue`, `mutability`
 */
export function patchedGroup(operations: readonly PatchOperation[]): GroupWish {
  const changes: { name?: string; externalId?: string | null } = {}
  const wanted = new Gathering()
  for (const { op, path, value } of withPaths(GROUP, operations)) {
    const attribute = targetOf(path)
    if (attribute === MEMBERS) collectChange(wanted, op, path.filter, value)
    else {
      const text = op === 'remove' ? null : textOf(attribute.name, value)
      if (attribute === EXTERNAL_ID) changes.externalId = text
      else if (text === null) throw new ScimFailure('mutability', 'displayName cannot be removed.')
      else changes.name = text
    }
  }
  return { ...changes, members: wanted.change() }
}

const MEMBERS = named(GROUP.attributes, 'members') as Attribute

function targetOf({ path: { uri, name, sub }, filter }: PatchPath): Attribute {
  const isOwn = uri === undefined || uri.toLowerCase() === GROUP_SCHEMA.toLowerCase()
  if (isOwn && /^(id|meta|schemas)$/i.test(name)) throw new ScimFailure('mutability', `${name} cannot be changed.`)
  const attribute = isOwn ? named(coreOf(GROUP), name) : undefined
  if (!attribute || sub !== undefined || (filter && attribute !== MEMBERS)) {
    throw new ScimFailure('invalidPath', `${name}: no schema of this resource has it, or it does not change.`)
  }
  return attribute
}

function textOf(name: string, value: unknown): string | null {
  if (value === null || value === '') return null
  if (typeof value !== 'string') throw new ScimFailure('invalidValue', `${name}: a text is expected`)
  return value
}

function collectChange(wanted: Gathering, op: PatchOperation['op'], filter: Filter | undefined, value: unknown): void {
  if (filter) {
    if (op !== 'remove') throw new ScimFailure('invalidPath', 'members: a filter is for what is to be removed.')
    return wanted.remove(valuesOf(filter).map((one) => ({ value: one })))
  }
  const members = (readAttribute(MEMBERS, value) ?? []) as Resource[]
  if (op === 'add') wanted.add(members)
  else if (op === 'replace') wanted.replace(members)
  // Entra ID names in the value who is to be removed.
  else if (value === undefined || value === null) wanted.replace([])
  else wanted.remove(members)
}

// value eq "…", or several of these joined by or; their type says nothing more.
function valuesOf(filter: Filter): string[] {
  if (filter.kind === 'or') return filter.filters.flatMap(valuesOf)
  if (filter.kind === 'and') {
    const others = filter.filters.filter((part) => !isAbout(part, 'type'))
    if (others.length === 1 && others[0]) return valuesOf(others[0])
  }
  if (filter.kind === 'compare' && isAbout(filter, 'value') && typeof filter.value === 'string') return [filter.value]
  throw new ScimFailure('invalidFilter', 'members: what is supported in brackets is value eq "…", joined by or.')
}

function isAbout(filter: Filter, name: string): boolean {
  if (filter.kind !== 'compare' || filter.by !== 'eq') return false
  const { path } = filter
  return path.name.toLowerCase() === name && path.uri === undefined && path.sub === undefined
}

/** Who is to be in a group, after one operation and the next. */
class Gathering {
  #anew = false
  readonly #add = new Set<string>()
  readonly #remove = new Set<string>()

  replace(members: readonly Resource[]): void {
    this.#anew = true
    this.#add.clear()
    this.#remove.clear()
    this.add(members)
  }

  add(members: readonly Resource[]): void {
    for (const member of members) {
      const key = keyOf(member)
      if (key === undefined) throw new ScimFailure('invalidValue', 'members: one of them is not there.')
      this.#remove.delete(key)
      this.#add.add(key)
    }
  }

  remove(members: readonly Resource[]): void {
    for (const member of members) {
      const key = keyOf(member)
      if (key === undefined) continue
      this.#add.delete(key)
      this.#remove.add(key)
    }
  }

  change(): MemberChange {
    return { anew: this.#anew, add: split(this.#add), remove: split(this.#remove) }
  }
}

// A prefix says which noun it is; of a bare UUID, its type does.
function keyOf({ value, type }: Resource): string | undefined {
  if (typeof value !== 'string') return undefined
  const isGroup = value.toLowerCase().startsWith('grp_') || String(type).toLowerCase() === 'group'
  const id = parseId(isGroup ? 'group' : 'user', value)
  return id && `${isGroup ? 'group' : 'user'} ${id}`
}

function split(keys: ReadonlySet<string>): MemberChange['add'] {
  const ids = (noun: string) => [...keys].filter((key) => key.startsWith(noun)).map((key) => key.slice(noun.length))
  return { userIds: ids('user '), groupIds: ids('group ') }
}
