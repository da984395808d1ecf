// Lists the events about some objects together with those of what one of them did.
import { encodeCursor, type Page } from '#kernel/page.ts'
import type { Context } from '../context.ts'
import type { Event } from './event.ts'
import type { EventFilters } from './event-filter.store.ts'

/** Whose events are listed, and which page. */
interface EitherSide extends Omit<EventFilters, 'subjectId' | 'subjectIds' | 'actorId'> {
  readonly limit: number
  readonly cursor?: string | undefined
  readonly subjectIds: readonly string[]
  readonly actorId: string
}

/** One page of the events that are about one of some objects or by an actor, each once, newest first. */
export async function listEitherSide(
  { read }: Pick<Context, 'read'>,
  { subjectIds, actorId, ...query }: EitherSide,
): Promise<Page<Event>> {
  const [about, by] = await Promise.all([
    read.events.list({ ...query, subjectIds }),
    read.events.list({ ...query, actorId }),
  ])
  const all = new Map([...about.data, ...by.data].map((event) => [event.seq, event]))
  const sorted = [...all.values()].sort((left, right) => right.seq - left.seq)
  const data = sorted.slice(0, query.limit)
  const last = data.at(-1)
  const hasMore = sorted.length > data.length || about.nextCursor !== null || by.nextCursor !== null
  return { data, nextCursor: hasMore && last ? encodeCursor(String(last.seq)) : null }
}
