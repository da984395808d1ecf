// What an administrator should look at: each line says what it is and leads there.
import { Anchor, Paper, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { call } from '../lib/api.ts'
import { ago } from '../lib/format.ts'
import { may } from '../lib/me.ts'
import { operationNamed } from '../lib/operations.ts'
import { linkTo, scopeInput, useScope } from '../lib/scope.ts'
import { texts } from '../texts/texts.ts'

interface Notice {
  readonly text: string
  readonly page: string
  readonly key?: string
}

const WEEK = 7 * 86_400_000

/** The card on the first page. */
export function Attention() {
  const scope = useScope()
  const notices = useQuery({
    queryKey: ['attention', scope],
    queryFn: async () => (await Promise.all([failingWebhooks(), endingKeys(), withoutClients()])).flat(),
  })
  async function listed<T>(name: Parameters<typeof call>[0]): Promise<readonly T[]> {
    const operation = operationNamed(name)
    if (!may(operation) || (operation.inRealm && scope.realm === '')) return []
    const { value } = await call(name, {
      ...scopeInput(operation, scope),
      ...(name === 'client.list' ? { limit: 1 } : {}),
    })
    return (value as unknown as { data: readonly T[] }).data
  }
  async function failingWebhooks(): Promise<Notice[]> {
    const webhooks = await listed<{ id: string; url: string; status: string }>('webhook.list')
    return webhooks
      .filter(({ status }) => status !== 'active')
      .map(({ id, url, status }) => ({ text: texts.overview.webhookIs(url, status), page: 'webhooks', key: id }))
  }
  async function endingKeys(): Promise<Notice[]> {
    const keys = await listed<{ id: string; name: string; expires_at: string | null; status?: string }>('api_key.list')
    return keys
      .filter(({ expires_at: at }) => at !== null && Date.parse(at) - Date.now() < WEEK && Date.parse(at) > Date.now())
      .map(({ id, name, expires_at: at }) => ({
        text: texts.overview.keyEnds(name, ago(String(at))),
        page: 'api-keys',
        key: id,
      }))
  }
  async function withoutClients(): Promise<Notice[]> {
    const operation = operationNamed('client.list')
    if (!may(operation) || scope.realm === '') return []
    return (await listed('client.list')).length === 0 ? [{ text: texts.overview.noClients, page: 'clients' }] : []
  }
  return (
    <Paper withBorder p="md" h="100%">
      <Title order={2} mb="sm">
        {texts.overview.attention}
      </Title>
      <Stack gap="xs">
        {notices.data?.length === 0 && (
          <Text size="sm" c="dimmed">
            {texts.overview.nothing}
          </Text>
        )}
        {notices.data?.map(({ text, page, key }) => (
          <Anchor key={text} component={Link} size="sm" {...linkTo(scope, page, key)}>
            {text}
          </Anchor>
        ))}
      </Stack>
    </Paper>
  )
}
