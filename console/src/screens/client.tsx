// The page of a client: how it is connected, and everything else about it.
import { Skeleton, Stack, Tabs, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { call } from '../lib/api.ts'
import { type Page, pageAt } from '../lib/operations.ts'
import { linkTo, useScope } from '../lib/scope.ts'
import { useList } from '../lib/use-list.ts'
import { BackToList } from '../parts/back-to-list.tsx'
import { RevokeAll } from '../parts/blast-radius.tsx'
import { Problem } from '../parts/broken.tsx'
import { Card } from '../parts/card.tsx'
import { State } from '../parts/cell.tsx'
import { Code, Copyable } from '../parts/copyable.tsx'
import { Item, useThing } from '../parts/item.tsx'
import { PageHead } from '../parts/page-head.tsx'
import { texts } from '../texts/texts.ts'
import type { ItemProps } from './item-props.ts'

/** The page of a client. */
export function ClientScreen({ id }: ItemProps) {
  const page = pageAt('clients') as Page
  const { query } = useThing(page, id)
  const scope = useScope()
  const navigate = useNavigate()
  if (query.isError) return <Problem error={query.error} onRetry={() => query.refetch()} />
  const client = query.data?.value
  if (!client) return <Skeleton h={300} />
  const clientId = String(client.client_id)
  return (
    <>
      <BackToList page={page} />
      <PageHead
        title={String(client.label)}
        beside={typeof client.status === 'string' && <State value={client.status} />}
        lead={<Copyable text={clientId} />}
      >
        <RevokeAll member="client_id" id={id} name={String(client.label)} />
      </PageHead>
      <Stack>
        <Connect id={id} clientId={clientId} />
        <Card title={texts.client.about}>
          <Item page={page} keyText={id} onGone={() => void navigate(linkTo(scope, 'clients'))} />
        </Card>
      </Stack>
    </>
  )
}

interface ConnectProps {
  readonly id: string
  readonly clientId: string
}

/** The code that gets the first token of a client, as the server shows it. */
export function Connect({ id, clientId }: ConnectProps) {
  const { realm } = useScope()
  const [stack, setStack] = useState<string | null>(null)
  const shown = useQuery({
    queryKey: ['snippet', realm, id, stack],
    placeholderData: (before) => before,
    queryFn: async () => (await call('client.snippet', { issuer_id: realm, id, ...(stack && { stack }) })).value,
  })
  const first = useList('issuance.list', { client: clientId, limit: 1 })
  if (!shown.data) return null
  const token = first.rows?.[0]
  const { stack: current, stacks, snippets } = shown.data
  return (
    <Card title={texts.client.connect} action={first.isShown && <State value={token ? 'active' : 'waiting'} />}>
      <Tabs value={current} onChange={setStack}>
        <Tabs.List mb="sm">
          {stacks.map((name) => (
            <Tabs.Tab key={name} value={name}>
              {name}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value={current}>
          <Stack gap="xs">
            {snippets.map(({ label, code }) => (
              <div key={label}>
                <Text size="sm" mb={4}>
                  {label}
                </Text>
                <Code text={code} label={label} />
              </div>
            ))}
          </Stack>
        </Tabs.Panel>
      </Tabs>
    </Card>
  )
}
