// First steps: a list that ticks itself from what happened, and ends with a first token.
import { Anchor, Group, Paper, Stack, Text } from '@mantine/core'
import { CheckCircledIcon, CircleIcon } from '@radix-ui/react-icons'
import { Link } from '@tanstack/react-router'
import { linkTo, useScope } from '../lib/scope.ts'
import { useList } from '../lib/use-list.ts'
import { PageHead } from '../parts/page-head.tsx'
import { texts } from '../texts/texts.ts'

/** The first steps. */
export function StartScreen() {
  const scope = useScope()
  const realms = useList('realm.list', { limit: 1 })
  const users = useList('user.list', { limit: 1 })
  const clients = useList('client.list', { limit: 1 })
  const tokens = useList('issuance.list', { limit: 1 })
  const administrators = useList('administrator.list', { limit: 2 })
  const steps = [
    { is: true, text: texts.start.installed, page: undefined },
    {
      is: (administrators.rows?.length ?? 0) > 0,
      isShown: administrators.isShown,
      text: texts.start.administrator,
      page: 'administrators',
    },
    { is: (realms.rows?.length ?? 0) > 0, isShown: realms.isShown, text: texts.start.realm, page: 'realms' },
    {
      is: (users.rows?.length ?? 0) > 0,
      isShown: users.isShown,
      text: texts.start.user,
      page: 'users',
      search: { new: '1' },
    },
    {
      is: (clients.rows?.length ?? 0) > 0,
      isShown: clients.isShown,
      text: texts.start.client,
      page: 'clients',
      search: { new: '1' },
    },
    { is: (tokens.rows?.length ?? 0) > 0, isShown: tokens.isShown, text: texts.start.token, page: 'issuances' },
  ].filter(({ isShown }) => isShown !== false)
  const done = steps.filter(({ is }) => is).length
  const next = steps.findIndex(({ is }) => !is)
  return (
    <>
      <PageHead title={texts.nav.start} lead={texts.start.lead(done, steps.length)} />
      <Stack maw={720} gap="sm" component="ol" style={{ listStyle: 'none', padding: 0, margin: 0 }}>
        {steps.map(({ is, text, page, search }, index) => (
          <Paper
            key={text.title}
            component="li"
            withBorder
            p="md"
            style={index === next ? { borderColor: 'var(--mantine-color-indigo-6)' } : undefined}
          >
            <Group wrap="nowrap" align="flex-start">
              {is ? (
                <CheckCircledIcon
                  width={22}
                  height={22}
                  color="var(--mantine-color-teal-7)"
                  aria-label={texts.start.done}
                />
              ) : (
                <CircleIcon width={22} height={22} aria-label={texts.start.open} />
              )}
              <div style={{ flex: 1 }}>
                <Text fw={600}>{text.title}</Text>
                <Text size="sm" c="dimmed">
                  {text.lead}
                </Text>
              </div>
              {!is && page && (
                <Anchor
                  component={Link}
                  size="sm"
                  fw={600}
                  {...linkTo(scope, page, undefined, search as Record<string, string> | undefined)}
                >
                  {text.go}
                </Anchor>
              )}
            </Group>
          </Paper>
        ))}
      </Stack>
    </>
  )
}
