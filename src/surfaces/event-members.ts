// The members that surfaces show of an event’s actor and of what it is about, by names that differ from ours.
import * as z from 'zod'
import { type Event, typesOf } from '#domain/event/event.ts'
import type { Id, Noun } from '#kernel/id.ts'
import { type Codec, idOfNoun } from './codec.ts'
import type { Computed } from './reply.ts'

/** The filter by type: a request has one pattern. */
export const typePattern: Codec = {
  schema: z.string().max(100).describe('A type, or all types of a noun: client.created, client.*'),
  decode: (sent) => (typeof sent === 'string' ? typesOf(sent) : sent),
}

/** The types that match a pattern; for a pattern that matches none, a type that no event has. */
export function typesOrNone(pattern: string): string[] {
  const types = typesOf(pattern)
  return types.length === 0 ? [pattern] : types
}

/** What a row says of an operation with that filter. */
export const byType = { names: { types: 'type' }, codecs: { types: typePattern } } as const

type Parties = Pick<Event, 'actor' | 'subject'>

/** `actor_id` and `actor_type`, and the same of the subject. @param subject what its names begin with @param encode writes ids */
export function eventParties(
  subject: 'resource' | 'target',
  encode: (noun: Noun, id: Id) => string,
): Readonly<Record<string, Computed<Parties>>> {
  const text = (of: (event: Parties) => string): Computed<Parties> => ({ schema: z.string(), of })
  return {
    actor_id: text(({ actor }) => idOfNoun(encode, actor.kind, actor.id)),
    actor_type: text(({ actor }) => actor.kind),
    [`${subject}_type`]: text(({ subject }) => subject.type),
    [`${subject}_id`]: text(({ subject }) => idOfNoun(encode, subject.type, subject.id)),
  }
}
