// Checks the form of events.
import assert from 'node:assert/strict'
import { ID_PREFIXES } from '#kernel/id.ts'

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/
/** What has no prefix: a token family is no object of the API. */
const WITHOUT_PREFIX = new Set(['family_id', 'kid'])

/**
 * Checks the form of an event of the native API: ids have the prefixes of their nouns, times are those of RFC 3339, names
 * are snake_case.
 * @throws AssertionError
 */
export function checkEventForm(event: Record<string, unknown>): void {
  const { type, subject, actor, data } = event as { type: string; subject: Party; actor: Party; data: object }
  for (const { kind, type: noun = kind ?? '', id } of [subject, actor]) {
    if (noun in ID_PREFIXES && id !== 'unknown' && UUID.test(id)) assert.fail(`${type}: ${noun} ${id}`)
  }
  walk(data, (name, value) => {
    const place = `${type}: ${name}`
    assert.match(name, /^[a-z0-9]+(_[a-z0-9]+)*$/, place)
    if (typeof value === 'number') assert.ok(value < 1e11, `${place} is a time in milliseconds`)
    if (typeof value === 'string' && !WITHOUT_PREFIX.has(name)) assert.doesNotMatch(value, UUID, place)
  })
}

interface Party {
  readonly kind?: string
  readonly type?: string
  readonly id: string
}

function walk(value: unknown, visit: (name: string, value: unknown) => void, name = ''): void {
  if (name) visit(name, value)
  if (Array.isArray(value)) for (const item of value) walk(item, visit, name)
  else if (typeof value === 'object' && value !== null)
    for (const [key, member] of Object.entries(value)) walk(member, visit, key)
}
