// Finds the event that tells of what was just done.
import type { EventType } from '#kernel/event.ts'
import type { Context } from '../context.ts'

/** The id of the newest event of a type about an object; null where the log does not have it any more. */
export async function newestEventOf({ read }: Pick<Context, 'read'>, type: EventType, subjectId: string) {
  const { data } = await read.events.list({ limit: 1, types: [type], subjectId })
  return data[0]?.id ?? null
}
