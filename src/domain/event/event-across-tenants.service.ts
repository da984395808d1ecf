// Lists events of one or several tenants, with the names of their actors and tenants.
import { PLATFORM } from '#kernel/id.ts'
import { offsetOf, type Page } from '#kernel/page.ts'
import type { Context } from '../context.ts'
import { checkTenantFilter } from '../tenant/tenant-filter.service.ts'
import { type Event, type EventQuery, type EventWithNames, TOKEN_ISSUED } from './event.ts'

/**
 * One page of events. By a cursor, those of the scope's tenant. By an offset, those of all tenants within the reach, or of
 * the scope's tenant if it has one.
 * @throws Failure `access_denied` for a tenant or partner outside the reach, `invalid_request` for a page too far
 *   back or an invalid cursor
 */
export async function listEvents(context: Context, query: EventQuery): Promise<Page<EventWithNames>> {
  await checkTenantFilter(context, query)
  const { read, actor, registry, scope } = context
  const home = (await registry.realmByIssuerId('default'))?.realm.tenantId ?? PLATFORM
  const page = isReadByOffset(context, query)
    ? await read.acrossTenants.events.list(
        actor.reach,
        { ...query, ...offsetOf(query), ...(scope.tenantId !== PLATFORM && { tenantId: scope.tenantId }) },
        home,
      )
    : await read.events.list(query, home)
  return { ...page, data: await withEventNames(context, page.data) }
}

/** Above the tenants, only the platform has a log of its own. */
function isReadByOffset({ scope, actor }: Context, { offset, tenantId, partnerId }: EventQuery): boolean {
  if (offset !== undefined || tenantId !== undefined || partnerId !== undefined) return true
  return scope.tenantId === PLATFORM && actor.reach.kind !== 'platform'
}

/** An event with the e-mail address of its actor and the partner of its tenant. */
export async function withNames(context: Pick<Context, 'read' | 'actor'>, event: Event): Promise<EventWithNames> {
  const [named] = await withEventNames(context, [event])
  return named ?? { ...event, actorEmail: null, partnerId: null }
}

/** Events with the e-mail addresses of their actors and the partners of their tenants. */
export async function withEventNames(
  { read, actor }: Pick<Context, 'read' | 'actor'>,
  events: Event[],
): Promise<EventWithNames[]> {
  const { addresses, partners } = await read.acrossTenants.events.namesIn(actor.reach, events)
  return events.map((event) => {
    const { kind, id, label } = event.actor
    const address = kind === 'user' && label?.includes('@') ? label : null
    const actorEmail = address ?? addresses.get(id) ?? null
    // The record of a token has no label of the user: a token is issued without reading the user.
    const isUnlabelled = event.type === TOKEN_ISSUED && kind === 'user' && label === null
    return {
      ...event,
      ...(isUnlabelled && { actor: { ...event.actor, label: actorEmail } }),
      actorEmail,
      partnerId: partners.get(event.tenantId) ?? null,
    }
  })
}
