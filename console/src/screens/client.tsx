// The page of a client: how it is connected, and everything else about it.
import { Skeleton, Stack, Tabs } from '@mantine/core'
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
import type { ItemProps } from './hand-made.ts'

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
        <Connect
          clientId={clientId}
          grants={client.grant_types as readonly string[]}
          method={String(client.auth_method)}
        />
        <Card title={texts.client.about}>
          <Item page={page} keyText={id} onGone={() => void navigate(linkTo(scope, 'clients'))} />
        </Card>
      </Stack>
    </>
  )
}

interface ConnectProps {
  readonly clientId: string
  readonly grants: readonly string[]
  readonly method: string
}

/** How a program gets its first token, with what is known filled in. */
export function Connect({ clientId, grants, method }: ConnectProps) {
  const { realm } = useScope()
  const issuer = useQuery({
    queryKey: ['issuer', realm],
    staleTime: 300_000,
    queryFn: async () => String((await call('realm.get', { issuer_id: realm })).value.issuer),
  })
  const first = useList('issuance.list', { client: clientId, limit: 1 })
  const [stack, setStack] = useState<string | null>('curl')
  if (!issuer.data) return null
  const shown = snippets({ issuer: issuer.data, clientId, grants, method })
  const token = first.rows?.[0]
  return (
    <Card title={texts.client.connect} action={first.isShown && <State value={token ? 'active' : 'waiting'} />}>
      <Tabs value={stack} onChange={setStack}>
        <Tabs.List mb="sm">
          {shown.map(({ name }) => (
            <Tabs.Tab key={name} value={name}>
              {name}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {shown.map(({ name, text }) => (
          <Tabs.Panel key={name} value={name}>
            <Code text={text} label={name} />
          </Tabs.Panel>
        ))}
      </Tabs>
    </Card>
  )
}

interface Known extends ConnectProps {
  readonly issuer: string
}

function snippets(known: Known): readonly { readonly name: string; readonly text: string }[] {
  const { issuer, clientId, grants, method } = known
  const isSecret = method === 'client_secret'
  const verify = `import { createRemoteJWKSet, jwtVerify } from 'jose'

const keys = createRemoteJWKSet(new URL('${issuer}/.well-known/jwks.json'))
const { payload } = await jwtVerify(token, keys, { issuer: '${issuer}' })`
  const machine = `curl ${issuer}/oauth/token \\
  ${isSecret ? `-u '${clientId}:'"$CLIENT_SECRET" \\\n  ` : ''}-d grant_type=client_credentials`
  const person = `import * as client from 'openid-client'

const config = await client.discovery(
  new URL('${issuer}'),
  '${clientId}',${isSecret ? '\n  process.env.CLIENT_SECRET,' : '\n  undefined,\n  client.None(),'}
)`
  return [
    ...(grants.includes('client_credentials') ? [{ name: 'curl', text: machine }] : []),
    ...(grants.includes('authorization_code') ? [{ name: 'openid-client', text: person }] : []),
    { name: 'jose', text: verify },
    {
      name: texts.client.settings,
      text: `ISSUER=${issuer}\nCLIENT_ID=${clientId}${isSecret ? '\nCLIENT_SECRET=' : ''}`,
    },
  ]
}
