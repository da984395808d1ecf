// Events as a timeline: who did what to whom, and when.
import { Group, Skeleton, Stack, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { inSentence } from '../lib/words.ts'
import { texts } from '../texts/texts.ts'
import { Reference, When } from './cell.tsx'

/** What is shown of an event. */
export interface ShownEvent {
  readonly id: string
  readonly type: string
  readonly occurred_at: string
  readonly result: string
  readonly actor: { readonly kind: string; readonly id: string; readonly label: string | null }
  readonly subject: { readonly type: string; readonly id: string; readonly label: string | null }
  readonly data?: Readonly<Record<string, unknown>>
}

/** What an event did, in words. */
export function eventWords(type: string): string {
  const [noun = '', verb = ''] = type.split('.')
  return `${inSentence(noun)} ${inSentence(verb)}`
}

/** One event as a sentence. */
export function EventLine({ event, beside }: { readonly event: ShownEvent; readonly beside?: ReactNode }) {
  const { actor, subject, type, result, occurred_at: at } = event
  return (
    <Group gap={8} wrap="nowrap" align="baseline" justify="space-between">
      <Group gap={0} wrap="nowrap" align="baseline" miw={0}>
        <span
          className="dot"
          style={{ background: result === 'failure' ? 'var(--mantine-color-red-6)' : 'var(--mantine-color-teal-6)' }}
        />
        <Text size="sm" component="span" style={{ minWidth: 0, overflowWrap: 'anywhere' }}>
          <strong>{actor.label ?? inSentence(actor.kind)}</strong>: {eventWords(type)}
          {result === 'failure' && ` (${texts.events.failed})`}
          {subject.id !== actor.id && (
            <>
              {' · '}
              <Reference noun={subject.type} id={subject.id} label={subject.label} />
            </>
          )}
          {beside}
        </Text>
      </Group>
      <When at={at} />
    </Group>
  )
}

/** Events, the newest first. */
export function EventList({
  events,
  empty = texts.events.none,
}: {
  readonly events: readonly ShownEvent[] | undefined
  readonly empty?: string
}) {
  if (!events) return <Skeleton h={90} />
  if (events.length === 0)
    return (
      <Text size="sm" c="dimmed">
        {empty}
      </Text>
    )
  return (
    <Stack gap={8}>
      {events.map((event) => (
        <EventLine key={event.id} event={event} />
      ))}
    </Stack>
  )
}
