// Lists the events of a user.
import type { Page } from '#kernel/page.ts'
import type { Context } from '../context.ts'
import { listEitherSide } from '../event/either-side.ts'
import type { EventWithNames } from '../event/event.ts'
import { withEventNames } from '../event/event-across-tenants.service.ts'
import { getUser } from './user.service.ts'
import type { UserEventQuery } from './user-events.ts'

/** The events about a user, by the user, or both, newest first. @throws Failure `not_found` */
export async function listUserEvents(
  context: Context,
  { id, side, ...query }: UserEventQuery,
): Promise<Page<EventWithNames>> {
  await getUser(context, { id })
  const { events } = context.read
  const page =
    side === 'either'
      ? await listEitherSide(context, { ...query, subjectIds: [id], actorId: id })
      : await events.list({ ...query, ...(side === 'about' ? { subjectId: id } : { actorId: id }) })
  return { ...page, data: await withEventNames(context, page.data) }
}
