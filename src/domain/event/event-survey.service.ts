import { PLATFORM } from '#kernel/id.ts'
import type { NumberedPage } from '#kernel/page.ts'
import type { Context } from '../context.ts'
import { checkAmong } from '../tenant/among.ts'
import type { Event, EventSurvey, SurveyedEvent } from './event.ts'

/**
 * A numbered page of the events of every tenant within reach.
 * @throws Failure `access_denied` for a tenant or partner out of reach, `invalid_request` for a page too far back
 */
export async function surveyEvents(context: Context, query: EventSurvey): Promise<NumberedPage<SurveyedEvent>> {
  const { read, actor, registry } = context
  await checkAmong(context, query)
  const first = await registry.realmByIssuerId('default')
  const page = await read.events.survey(actor.reach, query, first?.realm.tenantId ?? PLATFORM)
  return { ...page, data: await withNames(context, page.data) }
}

/** Events with what people know their actors and tenants by. */
export async function withNames({ read }: Pick<Context, 'read'>, events: Event[]): Promise<SurveyedEvent[]> {
  const { addresses, partners } = await read.events.namesIn(events)
  return events.map((event) => {
    const { kind, id, label } = event.actor
    const told = kind === 'user' && label?.includes('@') ? label : null
    return { ...event, actorEmail: told ?? addresses.get(id) ?? null, partnerId: partners.get(event.tenantId) ?? null }
  })
}
