// The first page: figures, the trend of sign-ins, what happens now, and what needs attention.
import { Anchor, Paper, SimpleGrid, Skeleton, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { call } from '../lib/api.ts'
import { day, number } from '../lib/format.ts'
import { currentMe, may } from '../lib/me.ts'
import { operationNamed } from '../lib/operations.ts'
import { linkTo, useScope } from '../lib/scope.ts'
import { useInput } from '../lib/use-input.ts'
import { Chart } from '../parts/chart.tsx'
import { EventList, type ShownEvent } from '../parts/event-list.tsx'
import { PageHead } from '../parts/page-head.tsx'
import { texts } from '../texts/texts.ts'
import { Attention } from './attention.tsx'

/** The overview of a tenant. */
export function Overview() {
  const me = currentMe()
  const lead = me?.kind === 'user' ? me.name : undefined
  return (
    <>
      <PageHead title={texts.nav.overview} lead={lead} />
      {may(operationNamed('dashboard.stats')) && <Figures />}
      <div className="columns columns-wide">
        {may(operationNamed('dashboard.trend')) && <Trend />}
        <Attention />
      </div>
      {may(operationNamed('event.list')) && <Latest />}
    </>
  )
}

function Figures() {
  const input = useInput('dashboard.stats')
  const scope = useScope()
  const stats = useQuery({
    queryKey: ['stats', input],
    queryFn: async () => (await call('dashboard.stats', input)).value,
    refetchInterval: 60_000,
  })
  const shown = [
    ['users', 'users', texts.overview.users],
    ['agents', 'agents', texts.overview.agents],
    ['active_sessions', 'sessions', texts.overview.sessions],
    ['sign_ins', 'activity', texts.overview.signIns],
    ['failed_sign_ins', 'refusals', texts.overview.failedSignIns],
  ] as const
  return (
    <SimpleGrid cols={{ base: 2, sm: 3, lg: 5 }} spacing="md">
      {shown.map(([member, page, label]) => (
        <Paper key={member} withBorder p="md">
          <Text size="sm" c="dimmed">
            {label}
          </Text>
          {stats.data ? (
            <Anchor
              component={Link}
              underline="hover"
              c="inherit"
              fz={28}
              fw={620}
              lh={1.3}
              aria-label={`${label}: ${number(stats.data[member])}`}
              {...linkTo(scope, page)}
            >
              {number(stats.data[member])}
            </Anchor>
          ) : (
            <Skeleton h={36} w={70} />
          )}
        </Paper>
      ))}
    </SimpleGrid>
  )
}

function Trend() {
  const input = { ...useInput('dashboard.trend'), length: 30 }
  const trend = useQuery({
    queryKey: ['trend', input],
    queryFn: async () => (await call('dashboard.trend', input)).value.data,
  })
  const rows = trend.data ?? []
  return (
    <Paper withBorder p="md" h="100%">
      <Title order={2} mb="sm">
        {texts.overview.trend}
      </Title>
      {trend.data ? (
        <Chart
          label={texts.overview.trend}
          points={rows.map(({ from }) => day(from))}
          series={[
            {
              name: texts.overview.succeeded,
              color: 'var(--mantine-color-indigo-6)',
              values: rows.map((row) => row.sign_ins),
              isFilled: true,
            },
            {
              name: texts.overview.failed,
              color: 'var(--mantine-color-red-6)',
              values: rows.map((row) => row.failed_sign_ins),
            },
          ]}
        />
      ) : (
        <Skeleton h={240} />
      )}
    </Paper>
  )
}

function Latest() {
  const input = { ...useInput('event.list'), limit: 12 }
  const scope = useScope()
  const events = useQuery({
    queryKey: ['events', input],
    queryFn: async () => (await call('event.list', input)).value.data as unknown as ShownEvent[],
    refetchInterval: 15_000,
  })
  return (
    <Paper withBorder p="md">
      <div className="head">
        <Title order={2}>{texts.overview.latest}</Title>
        <Anchor component={Link} size="sm" {...linkTo(scope, 'events')}>
          {texts.common.showAll}
        </Anchor>
      </div>
      <EventList events={events.data} />
    </Paper>
  )
}
