// Everything about a person on one page: cards that load alone.
import { Group, Skeleton, Stack, Text } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { call } from '../lib/api.ts'
import { may } from '../lib/me.ts'
import { type Operation, operationNamed, type Page, pageAt, pageOfNoun } from '../lib/operations.ts'
import { linkTo, useScope } from '../lib/scope.ts'
import { useList } from '../lib/use-list.ts'
import { Actions } from '../parts/actions.tsx'
import { AsCode } from '../parts/as-code.tsx'
import { BackToList } from '../parts/back-to-list.tsx'
import { RevokeAll } from '../parts/blast-radius.tsx'
import { Problem } from '../parts/broken.tsx'
import { Card } from '../parts/card.tsx'
import { Reference, State, When } from '../parts/cell.tsx'
import { Copyable } from '../parts/copyable.tsx'
import { EventList, type ShownEvent } from '../parts/event-list.tsx'
import { useThing } from '../parts/item.tsx'
import { OperationForm } from '../parts/lazy.tsx'
import { Members } from '../parts/members.tsx'
import { PageHead } from '../parts/page-head.tsx'
import { texts } from '../texts/texts.ts'
import type { ItemProps } from './item-props.ts'

/** The page of a person. */
export function UserScreen({ id }: ItemProps) {
  const page = pageAt('users') as Page
  const { input, query } = useThing(page, id)
  const queries = useQueryClient()
  const scope = useScope()
  const navigate = useNavigate()
  if (query.isError) return <Problem error={query.error} onRetry={() => query.refetch()} />
  const thing = query.data
  if (!thing) return <Skeleton h={300} />
  const user = thing.value
  const name = String(user.name ?? user.email)
  const { update, get } = page
  const reload = async () => {
    const fresh = await call('user.get', input)
    return { value: fresh.value as unknown as Record<string, unknown>, etag: fresh.etag }
  }
  const first = ['user.disable_mfa', 'user.send_password_reset'].map(operationNamed).filter((one) => one !== undefined)
  const all = [...first, ...page.actions.filter((one) => !first.includes(one)), ...(page.remove ? [page.remove] : [])]
  const done = ({ verb }: Operation) => {
    if (verb === 'delete' || verb === 'erase') void navigate(linkTo(scope, 'users'))
  }
  return (
    <>
      <BackToList page={page} />
      <PageHead
        title={name}
        beside={<State value={String(user.status)} />}
        lead={
          <Group gap="md">
            {user.name ? <span>{String(user.email)}</span> : null}
            <Copyable text={id} />
          </Group>
        }
      >
        {get && <AsCode call={{ name: get.name, input }} />}
        <RevokeAll member="user_id" id={id} name={name} />
        <Actions operations={all} input={input} name={name} buttons={1} onDone={done} />
      </PageHead>
      <div className="columns">
        <Stack>
          <Card title={texts.user.profile}>
            {may(update) ? (
              <OperationForm
                operation={update}
                input={input}
                current={{ value: user, etag: thing.etag, reload }}
                onDone={() => void queries.invalidateQueries()}
              />
            ) : (
              <Members value={user} />
            )}
          </Card>
          <Agents id={id} />
        </Stack>
        <Stack>
          <SignIn id={id} user={user} input={input} />
          <Sessions id={id} />
          <Belongs id={id} />
          <Activity id={id} />
        </Stack>
      </div>
    </>
  )
}

/** One line of a card: what it is, and what can be done. */
function Line({ children, action }: { readonly children: ReactNode; readonly action?: ReactNode }) {
  return (
    <Group justify="space-between" wrap="nowrap" gap="sm" py={4}>
      <div style={{ minWidth: 0 }}>{children}</div>
      {action}
    </Group>
  )
}

const Nothing = ({ text }: { readonly text: string }) => (
  <Text size="sm" c="dimmed">
    {text}
  </Text>
)

function SignIn({
  id,
  user,
  input,
}: {
  readonly id: string
  readonly user: Readonly<Record<string, unknown>>
  readonly input: Record<string, string>
}) {
  const factors = useList('authenticator.list', { id, limit: 20 })
  const accounts = useList('linked_account.list', { id, limit: 20 })
  const setPassword = operationNamed('user.set_password')
  const remove = operationNamed('authenticator.remove')
  return (
    <Card
      title={texts.user.signIn}
      action={setPassword && <Actions operations={[setPassword]} input={input} name={String(user.email)} buttons={1} />}
    >
      <dl className="kv">
        <dt>{texts.user.password}</dt>
        <dd>{user.has_password ? texts.user.isSet : texts.user.isNone}</dd>
        <dt>{texts.user.lastSignIn}</dt>
        <dd>{user.last_sign_in_at ? <When at={String(user.last_sign_in_at)} /> : texts.common.never}</dd>
      </dl>
      {factors.rows?.map((one) => (
        <Line
          key={one.id}
          action={
            remove && (
              <Actions
                operations={[remove]}
                input={{ ...input, authenticator_id: one.id }}
                name={one.name}
                buttons={0}
              />
            )
          }
        >
          <Text size="sm">
            {one.name} <State value={one.kind} />
          </Text>
        </Line>
      ))}
      {factors.rows?.length === 0 && <Nothing text={texts.user.noFactor} />}
      {accounts.rows?.map((one) => (
        <Line key={String((one as { id?: string }).id)}>
          <Text size="sm">{String((one as { provider?: string; subject?: string }).subject ?? '')}</Text>
        </Line>
      ))}
    </Card>
  )
}

function Sessions({ id }: { readonly id: string }) {
  const sessions = useList('session.list', { user_id: id, limit: 10 })
  const revoke = operationNamed('session.revoke')
  if (!sessions.isShown) return null
  return (
    <Card title={texts.user.sessions}>
      {sessions.rows?.length === 0 && <Nothing text={texts.user.noSession} />}
      {sessions.rows?.map((one) => (
        <Line
          key={one.id}
          action={
            revoke && (
              <Actions
                operations={[revoke]}
                input={{ ...sessions.input, id: one.id }}
                name={one.ip ?? one.id}
                buttons={0}
              />
            )
          }
        >
          <Text size="sm" className="clip">
            {one.user_agent ?? one.id}
          </Text>
          <Text size="xs" c="dimmed" component="div">
            {one.ip} · <When at={one.last_seen_at} />
          </Text>
        </Line>
      ))}
    </Card>
  )
}

function Belongs({ id }: { readonly id: string }) {
  const groups = useList('user.groups', { id, limit: 50 })
  const organizations = useList('user.organizations', { id, limit: 50 })
  if (!groups.isShown && !organizations.isShown) return null
  const none = groups.rows?.length === 0 && organizations.rows?.length === 0
  return (
    <Card title={texts.user.belongs}>
      {none && <Nothing text={texts.user.noGroup} />}
      <Group gap="md">
        {groups.rows?.map((one) => (
          <Reference key={one.id} noun="group" id={one.id} label={one.name} />
        ))}
        {organizations.rows?.map((one) => {
          const { id: organization, name } = one as unknown as { id: string; name: string }
          return <Reference key={organization} noun="organization" id={organization} label={name} />
        })}
      </Group>
    </Card>
  )
}

function Agents({ id }: { readonly id: string }) {
  const grants = useList('grant.list', { user_id: id, limit: 20 })
  const revoke = operationNamed('grant.revoke')
  if (!grants.isShown) return null
  return (
    <Card title={texts.user.consents}>
      {grants.rows?.length === 0 && <Nothing text={texts.user.noConsent} />}
      {grants.rows?.map((one) => (
        <Line
          key={one.id}
          action={
            revoke && (
              <Actions operations={[revoke]} input={{ ...grants.input, id: one.id }} name={one.client_id} buttons={0} />
            )
          }
        >
          <Text size="sm">{one.client_id}</Text>
          <Text size="xs" c="dimmed">
            {one.scopes.join(' ')}
          </Text>
        </Line>
      ))}
    </Card>
  )
}

function Activity({ id }: { readonly id: string }) {
  const events = useList('event.list', { subject_id: id, limit: 8 })
  if (!events.isShown || !pageOfNoun('event')) return null
  return (
    <Card title={texts.user.activity}>
      <EventList events={events.rows as unknown as readonly ShownEvent[] | undefined} />
    </Card>
  )
}
