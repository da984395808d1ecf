// One thing: what it is, what can be done to it, its form, and the lists that belong to it.
import { Group, Skeleton, Stack, Tabs, Text, Title } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { ApiError, call } from '../lib/api.ts'
import { inputOfKey, inputOfRow } from '../lib/keys.ts'
import { may } from '../lib/me.ts'
import type { Operation, Page, SubList } from '../lib/operations.ts'
import { columnsOf, itemOf, nameOf } from '../lib/schema.ts'
import { scopeInput, useScope } from '../lib/scope.ts'
import { useDetail } from '../lib/use-detail.ts'
import { title } from '../lib/words.ts'
import { texts } from '../texts/texts.ts'
import { Actions } from './actions.tsx'
import { AsCode } from './as-code.tsx'
import { Problem } from './broken.tsx'
import { State } from './cell.tsx'
import { Copyable } from './copyable.tsx'
import { OperationForm } from './lazy.tsx'
import { ListTable, Pager, type Row } from './list-table.tsx'
import { Members } from './members.tsx'

export interface ItemProps {
  readonly page: Page
  readonly keyText: string
  /** What the list already knows of it. */
  readonly row?: Row | undefined
  readonly isCompact?: boolean
  readonly onGone: () => void
}

/** A thing that is read, with its ETag. */
export function useThing(page: Page, keyText: string, row?: Row) {
  const scope = useScope()
  const { get } = page
  const input = { ...(get ? scopeInput(get, scope) : {}), ...inputOfKey(page, keyText) }
  const query = useQuery({
    queryKey: ['thing', get?.name ?? page.main.name, input],
    queryFn: async ({ signal }) => {
      if (!get) return { value: row ?? {}, etag: undefined }
      const { value, etag } = await call(get.name, input, undefined, { signal })
      return { value: value as unknown as Row, etag }
    },
    ...(row && !get && { initialData: { value: row, etag: undefined } }),
  })
  return { input, query }
}

/** One thing in a drawer or on its page. */
export function Item({ page, keyText, row, isCompact = false, onGone }: ItemProps) {
  const { input, query } = useThing(page, keyText, row)
  const queries = useQueryClient()
  const detail = useDetail(page.get ?? page.main)
  const [tab, setTab] = useState<string | null>('about')
  if (query.isError) return <Problem error={query.error} onRetry={() => query.refetch()} />
  const thing = query.data
  if (!thing || !detail.data) return <Skeleton h={220} />
  const schema = page.get ? detail.data.reply : itemOf(detail.data)
  const name = nameOf(thing.value)
  const update = may(page.update) ? page.update : undefined
  const subs = page.subs.filter(({ list }) => may(list))
  const views = page.views.filter(may)
  const reload = async () => {
    const fresh = page.get ? await call(page.get.name, input) : { value: thing.value, etag: undefined }
    return { value: fresh.value as unknown as Row, etag: fresh.etag }
  }
  const status = typeof thing.value.status === 'string' ? thing.value.status : undefined
  const done = ({ verb, name: operation }: Operation) => {
    if (verb === 'delete' || verb === 'erase' || operation === page.remove?.name) onGone()
  }
  return (
    <Stack>
      <Group justify="space-between" align="flex-start">
        {isCompact ? (
          <div style={{ minWidth: 0 }}>
            <Group gap="xs">
              <Title order={2} style={{ overflowWrap: 'anywhere' }}>
                {name}
              </Title>
              {status && <State value={status} />}
            </Group>
            <Copyable text={String(thing.value.id ?? keyText)} />
          </div>
        ) : (
          <span />
        )}
        <Group gap="xs">
          {page.get && <AsCode call={{ name: page.get.name, input }} size={isCompact ? 'xs' : 'sm'} />}
          <Actions
            operations={[...page.actions, ...(page.remove ? [page.remove] : [])]}
            input={input}
            name={name}
            buttons={isCompact ? 0 : 2}
            onDone={done}
          />
        </Group>
      </Group>
      <Tabs value={tab} onChange={setTab} keepMounted={false}>
        <Tabs.List>
          <Tabs.Tab value="about">{texts.item.about}</Tabs.Tab>
          {update && <Tabs.Tab value="edit">{texts.item.edit}</Tabs.Tab>}
          {subs.map(({ list }) => (
            <Tabs.Tab key={list.name} value={list.name}>
              {subTitle(list)}
            </Tabs.Tab>
          ))}
          {views.map((view) => (
            <Tabs.Tab key={view.name} value={view.name}>
              {title(view.verb)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="about" pt="md">
          <Members value={thing.value} schema={schema} />
        </Tabs.Panel>
        {update && (
          <Tabs.Panel value="edit" pt="md">
            <OperationForm
              operation={update}
              input={input}
              current={{ value: thing.value, etag: thing.etag, reload }}
              onDone={() => {
                setTab('about')
                void queries.invalidateQueries()
              }}
            />
          </Tabs.Panel>
        )}
        {subs.map((sub) => (
          <Tabs.Panel key={sub.list.name} value={sub.list.name} pt="md">
            <SubListView sub={sub} input={input} />
          </Tabs.Panel>
        ))}
        {views.map((view) => (
          <Tabs.Panel key={view.name} value={view.name} pt="md">
            <View operation={view} input={input} />
          </Tabs.Panel>
        ))}
      </Tabs>
    </Stack>
  )
}

const subTitle = ({ path }: Operation) => title(path.split('/').at(-1) ?? '')

/** A list of what belongs to a thing. */
export function SubListView({
  sub,
  input,
  limit = 10,
}: {
  readonly sub: SubList
  readonly input: Row
  readonly limit?: number
}) {
  const { list, create, actions } = sub
  const detail = useDetail(list)
  const [cursor, setCursor] = useState<string>()
  const limits = detail.data?.parameters.some(({ name }) => name === 'limit')
  const all = { ...input, ...(limits && { limit }), ...(cursor && { cursor }) }
  const rows = useQuery({
    queryKey: ['list', list.name, all],
    enabled: detail.data !== undefined,
    queryFn: async () => (await call(list.name, all)).value as unknown as { data: Row[]; next_cursor?: string | null },
  })
  if (rows.isError) {
    return rows.error instanceof ApiError && rows.error.status === 403 ? null : (
      <Problem error={rows.error} onRetry={() => rows.refetch()} />
    )
  }
  const item = detail.data ? itemOf(detail.data) : undefined
  const allowed = actions.filter(may)
  return (
    <Stack gap="sm">
      <Group justify="flex-end">
        <Actions operations={create} input={input} buttons={2} />
      </Group>
      <ListTable
        label={subTitle(list)}
        rows={rows.data?.data}
        columns={
          item
            ? columnsOf(item)
                .slice(0, 5)
                .map((column) => ({ name: column }))
            : []
        }
        item={item}
        empty={
          <Text c="dimmed" size="sm">
            {texts.list.empty(subTitle(list).toLowerCase())}
          </Text>
        }
        rowActions={
          allowed.length > 0
            ? (row) => (
                <Actions
                  operations={allowed}
                  input={inputOfRow(allowed[0] as Operation, input, row)}
                  name={nameOf(row)}
                  buttons={0}
                />
              )
            : undefined
        }
      />
      <Pager
        count={undefined}
        onPrevious={cursor ? () => setCursor(undefined) : undefined}
        onNext={rows.data?.next_cursor ? () => setCursor(rows.data.next_cursor ?? undefined) : undefined}
      />
    </Stack>
  )
}

function View({ operation, input }: { readonly operation: Operation; readonly input: Row }) {
  const detail = useDetail(operation)
  const shown = useQuery({
    queryKey: ['thing', operation.name, input],
    queryFn: async () => (await call(operation.name, input)).value as unknown as Row,
  })
  if (shown.isError) return <Problem error={shown.error} onRetry={() => shown.refetch()} />
  if (!shown.data) return <Skeleton h={120} />
  return <Members value={shown.data} schema={detail.data?.reply} />
}
