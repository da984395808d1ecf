// What is shown where something cannot be shown.
import { Alert, Anchor, Button, Center, Group, Stack, Text, Title } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { ApiError } from '../lib/api.ts'
import { texts } from '../texts/texts.ts'

/** A failure in place of what it concerns. */
export function Problem({ error, onRetry }: { readonly error: unknown; readonly onRetry?: () => void }) {
  const text = error instanceof Error ? error.message : String(error)
  const isNetwork = !(error instanceof ApiError)
  return (
    <Alert color="red" role="alert" title={texts.common.failed}>
      <Group justify="space-between" gap="sm">
        <Text size="sm">{isNetwork ? texts.shell.offline : text}</Text>
        {onRetry && (
          <Button size="compact-sm" variant="default" onClick={onRetry}>
            {texts.common.retry}
          </Button>
        )}
      </Group>
    </Alert>
  )
}

/** A page that failed as a whole. */
export function Broken({ error }: { readonly error: unknown }) {
  return (
    <Center mih="50vh" p="md">
      <Problem error={error} onRetry={() => location.reload()} />
    </Center>
  )
}

/** A page that does not exist. */
export function Unknown() {
  return (
    <Center mih="60vh" p="md">
      <Stack align="center">
        <Title order={1}>{texts.common.notFound}</Title>
        <Anchor component={Link} to="/">
          {texts.nav.overview}
        </Anchor>
      </Stack>
    </Center>
  )
}
