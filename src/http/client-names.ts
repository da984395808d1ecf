// Where a documented API names clients by their `client_id`, and operations by their ids.
import type { Context } from '#domain/context.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import { parseId, renderId } from '#kernel/id.ts'

type Members = Readonly<Record<string, unknown>>

/** How many texts of a body are looked up; what is beyond is refused by the schema of its list. */
const NAMES_MAX = 500

/**
 * A body with ids of clients in the place of their `client_id`s. A text that names no client stays as it is.
 * @param members the names of the members, also inside of other ones
 */
export async function withClientIds(context: Context, body: unknown, members: readonly string[]): Promise<unknown> {
  const names = new Set<string>()
  visit(body, members, (text) => names.size < NAMES_MAX && names.add(text))
  if (names.size === 0) return body
  const { read, scope } = context
  const found = await read.clients.byClientIds(realmOf(scope).id, [...names])
  return replaced(body, members, (text) => {
    const id = found.get(text)
    return id === undefined ? text : renderId('client', id)
  })
}

/** A reply with `client_id`s in the place of ids of clients. The id of a client that is gone stays. */
export async function withClientNames(context: Context, body: unknown, members: readonly string[]): Promise<unknown> {
  const ids = new Set<string>()
  visit(body, members, (text) => ids.add(parseId('client', text) ?? ''))
  if (ids.size === 0) return body
  const { read, scope } = context
  const named = await read.clients.named(realmOf(scope).id, [...ids])
  return replaced(body, members, (text) => named.get(parseId('client', text) ?? '')?.clientId ?? text)
}

function visit(value: unknown, members: readonly string[], see: (text: string) => void): void {
  replaced(value, members, (text) => {
    see(text)
    return text
  })
}

function replaced(value: unknown, members: readonly string[], replace: (text: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => replaced(item, members, replace))
  if (typeof value !== 'object' || value === null) return value
  const swap = (part: unknown) => (typeof part === 'string' ? replace(part) : part)
  return Object.fromEntries(
    Object.entries(value as Members).map(([name, part]) => {
      if (!members.includes(name)) return [name, replaced(part, members, replace)]
      return [name, Array.isArray(part) ? part.map(swap) : swap(part)]
    }),
  )
}
