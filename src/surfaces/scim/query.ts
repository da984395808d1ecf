// What a list is asked for, as conditions that indexes answer. Nothing here ever leads to reading all users.
import type { GroupCondition } from '#domain/group/group-match.ts'
import type { UserCondition } from '#domain/user/user-match.ts'
import { parseId } from '#kernel/id.ts'
import { type ResourceKind, schemaOf } from './attributes.ts'
import { ScimFailure } from './failure.ts'
import { type AttributePath, type Comparison, type Filter, parseFilter } from './filter.ts'

/** The maximum and the default number of resources in one list. */
export const COUNT_MAX = 200
const COUNT = 100

interface Compared {
  readonly by: Comparison
  readonly value: unknown
}

type Conditions<Condition> = Readonly<Record<string, (compared: Compared) => Condition | undefined>>

const NO_ID = ''

const USERS: Conditions<UserCondition> = {
  id: equals((value) => ({ of: 'id', value: parseId('user', value) ?? NO_ID })),
  username: equals((value) => ({ of: 'signInName', value })),
  externalid: equals((value) => ({ of: 'externalId', value })),
  emails: equals((value) => ({ of: 'email', value })),
  'emails.value': equals((value) => ({ of: 'email', value })),
  displayname: name,
  active: ({ by, value }) => {
    const word = typeof value === 'string' ? value.toLowerCase() : String(value)
    if (by !== 'eq' || (word !== 'true' && word !== 'false')) return undefined
    return { of: 'status', value: word === 'true' ? 'active' : 'suspended' }
  },
  groups: equals((value) => ({ of: 'group', value: parseId('group', value) ?? NO_ID })),
  'groups.value': equals((value) => ({ of: 'group', value: parseId('group', value) ?? NO_ID })),
  'meta.lastmodified': lastModified,
}

const GROUPS: Conditions<GroupCondition> = {
  id: equals((value) => ({ of: 'id', value: parseId('group', value) ?? NO_ID })),
  externalid: equals((value) => ({ of: 'externalId', value })),
  displayname: name,
  members: equals((value) => ({ of: 'member', value: memberId(value) })),
  'members.value': equals((value) => ({ of: 'member', value: memberId(value) })),
  'meta.lastmodified': lastModified,
}

const SUPPORTED =
  'Supported are id, externalId, userName, emails.value, groups.value and members.value with eq; active eq; displayName with eq and sw; meta.lastModified with gt, ge, lt and le; and several of these joined by and.'

/** The conditions of a filter about users. @throws ScimFailure `invalidFilter` */
export function userConditions(kind: ResourceKind, filter: string | undefined): UserCondition[] {
  return filter === undefined ? [] : conditionsOf(kind, USERS, parseFilter(filter))
}

/** The conditions of a filter about groups. @throws ScimFailure `invalidFilter` */
export function groupConditions(kind: ResourceKind, filter: string | undefined): GroupCondition[] {
  return filter === undefined ? [] : conditionsOf(kind, GROUPS, parseFilter(filter))
}

/** The id of a user, or of a group where it has a group’s prefix. */
export function memberId(text: string): string {
  return parseId('user', text) ?? parseId('group', text) ?? NO_ID
}

function conditionsOf<Condition>(
  kind: ResourceKind,
  known: Conditions<Condition>,
  filter: Filter,
  outer?: AttributePath,
): Condition[] {
  if (filter.kind === 'and') return filter.filters.flatMap((part) => conditionsOf(kind, known, part, outer))
  if (filter.kind === 'values' && !outer) {
    const inside = conditionsOf(kind, known, filter.filter, filter.path)
    if (inside.length > 0) return inside
  }
  if (filter.kind !== 'compare') throw new ScimFailure('invalidFilter', `This filter is not supported. ${SUPPORTED}`)
  const place = placeOf(kind, filter.path, outer)
  // An address is found whatever it is for: each is one user’s.
  if (outer && /^emails\.(type|primary)$/.test(place)) return []
  const condition = Object.hasOwn(known, place) ? known[place]?.(filter) : undefined
  if (condition !== undefined) return [condition]
  throw new ScimFailure('invalidFilter', `A filter by ${place} ${filter.by} is not supported. ${SUPPORTED}`)
}

function placeOf(kind: ResourceKind, { uri, name, sub }: AttributePath, outer?: AttributePath): string {
  const schema = uri === undefined ? undefined : schemaOf(kind, uri)
  const prefix = uri === undefined || schema?.urn === kind.schema ? [] : [uri]
  const names = outer ? [outer.name, name] : [name]
  return [...prefix, ...names, ...(sub === undefined ? [] : [sub])].join('.').toLowerCase()
}

function equals<Condition>(condition: (value: string) => Condition) {
  return ({ by, value }: Compared): Condition | undefined =>
    by === 'eq' && typeof value === 'string' ? condition(value) : undefined
}

function name({ by, value }: Compared) {
  if (typeof value !== 'string' || value === '') return undefined
  if (by === 'eq') return { of: 'name', as: 'equal', value } as const
  return by === 'sw' ? ({ of: 'name', as: 'start', value } as const) : undefined
}

const WHEN: Partial<Record<Comparison, 'after' | 'from' | 'before' | 'until'>> = {
  gt: 'after',
  ge: 'from',
  lt: 'before',
  le: 'until',
}

// A date and time as XML Schema has it (RFC 7643 §2.3.5).
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?$/i

function lastModified({ by, value }: Compared) {
  const as = WHEN[by]
  if (as === undefined || typeof value !== 'string' || !MOMENT.test(value)) return undefined
  const time = Date.parse(/(Z|[+-]\d\d:\d\d)$/i.test(value) ? value : `${value}Z`)
  return Number.isNaN(time) ? undefined : ({ of: 'updatedAt', as, time } as const)
}

/**
 * Which part of a list is wanted (RFC 7644 §3.4.2.4): what is too small or too much is as much as there can be.
 * @throws ScimFailure `invalidValue`
 */
export function readWindow(startIndex: unknown, count: unknown): { startIndex: number; count: number } {
  return {
    startIndex: Math.max(1, readNumber('startIndex', startIndex, 1)),
    count: Math.min(COUNT_MAX, Math.max(0, readNumber('count', count, COUNT))),
  }
}

function isDigits(given: unknown): boolean {
  return typeof given === 'string' && /^-?\d{1,12}$/.test(given)
}

function readNumber(name: string, given: unknown, otherwise: number): number {
  if (given === undefined || given === null || given === '') return otherwise
  const isWhole = typeof given === 'number' ? Number.isInteger(given) : isDigits(given)
  if (!isWhole) throw new ScimFailure('invalidValue', `${name}: a whole number is expected.`)
  return Math.min(Number(given), 1_000_000_000)
}
