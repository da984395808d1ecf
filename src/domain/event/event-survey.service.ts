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
  return { ...page, data: await allWithNames(context, page.data) }
}

/** An event with what people know its actor and its tenant by. */
export async function withNames(context: Pick<Context, 'read'>, event: Event): Promise<SurveyedEvent> {
  const [named] = await allWithNames(context, [event])
  return named ?? { ...event, actorEmail: null, partnerId: null }
}

async function allWithNames({ read }: Pick<Context, 'read'>, events: Event[]): Promise<SurveyedEvent[]> {
  const { addresses, partners } = await read.events.namesIn(events)
  return events.map((event) => {
    const { kind, id, label } = event.actor
    const told = kind === 'user' && label?.includes('@') ? label : null
    return { ...event, actorEmail: told ?? addresses.get(id) ?? null, partnerId: partners.get(event.tenantId) ?? null }
  })
}
