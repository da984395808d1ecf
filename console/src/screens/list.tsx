// The page of a list: filters in the address, the table, what is chosen, and the drawer of one thing.
import { Anchor, Button, Drawer, Group, Menu, NativeSelect, Text, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { DownloadIcon, MagnifyingGlassIcon, PlusIcon } from '@radix-ui/react-icons'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { type Call, call } from '../lib/api.ts'
import { number } from '../lib/format.ts'
import { keyOf } from '../lib/keys.ts'
import { may } from '../lib/me.ts'
import { pageTitle } from '../lib/nav.ts'
import { nounLine, type Operation, type Page } from '../lib/operations.ts'
import { asText, columnsOf, itemOf, type Parameter } from '../lib/schema.ts'
import { linkTo, scopeInput, useScope } from '../lib/scope.ts'
import { useDetail } from '../lib/use-detail.ts'
import { inSentence, title, valueTitle } from '../lib/words.ts'
import { Actions } from '../parts/actions.tsx'
import { AsCode } from '../parts/as-code.tsx'
import { Problem } from '../parts/broken.tsx'
import { BulkActions } from '../parts/bulk-actions.tsx'
import { Item } from '../parts/item.tsx'
import { OperationDialog } from '../parts/lazy.tsx'
import { type Column, ListTable, Pager, type Row } from '../parts/list-table.tsx'
import { PageHead } from '../parts/page-head.tsx'
import { texts } from '../texts/texts.ts'

const PAGE_SIZE = '25'
/** Parameters that are no filters. */
const APART = new Set(['limit', 'cursor', 'offset', 'include', 'order', 'tenant_id', 'issuer_id', 'after_seq'])

type Search = Readonly<Record<string, string | undefined>>

/** The address of a page with another search. */
export function useSearchParams(): readonly [Search, (change: Search) => void] {
  const search = useSearch({ strict: false }) as Search
  const navigate = useNavigate()
  const set = (change: Search) => {
    void navigate({ to: '.', search: (now: Search) => ({ ...now, ...change }) } as never)
  }
  return [search, set]
}

export interface ListPageProps {
  readonly page: Page
  readonly columns?: readonly Column[]
  /** What teaches in place of an empty list. */
  readonly empty?: string
}

/** The page of a list. */
export function ListPage({ page, columns: own, empty }: ListPageProps) {
  const scope = useScope()
  const [search, setSearch] = useSearchParams()
  const navigate = useNavigate()
  const detail = useDetail(page.main)
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const parameters = detail.data?.parameters ?? []
  const counts = parameters.some(({ name }) => name === 'include')
  const filters = parameters.filter(({ name, in: place }) => place === 'query' && !APART.has(name))
  const order = parameters.find(({ name }) => name === 'order')
  const limits = parameters.some(({ name }) => name === 'limit')
  const given = Object.fromEntries(
    parameters.flatMap(({ name }) =>
      search[name] && (name === 'cursor' || name === 'order' || !APART.has(name)) ? [[name, search[name]]] : [],
    ),
  )
  const input = {
    ...scopeInput(page.main, scope),
    ...(limits && { limit: PAGE_SIZE }),
    ...(counts && { include: 'count' }),
    ...given,
  }
  const rows = useQuery({
    queryKey: ['list', page.main.name, input],
    enabled: detail.data !== undefined,
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) =>
      (await call(page.main.name, input, undefined, { signal })).value as unknown as Listed,
  })
  const item = detail.data ? itemOf(detail.data) : undefined
  const columns: readonly Column[] = own ?? (item ? columnsOf(item).map((name) => ({ name })) : [])
  const isOpenable = page.keys.length > 0
  const open = (row: Row) => setSearch({ open: keyOf(page, row) })
  const bulk = bulkOperations(page)
  const create = page.create.find(may)
  const isFiltered = filters.some(({ name }) => search[name])
  const heading = pageTitle(page)
  const noun = inSentence(page.noun)
  return (
    <>
      <PageHead
        title={heading}
        lead={nounLine(page.noun)}
        beside={rows.data && <Text c="dimmed">{countOf(rows.data)}</Text>}
      >
        <AsCode call={{ name: page.main.name, input }} />
        <Export call={{ name: page.main.name, input }} rows={rows.data?.data} />
        <Actions operations={[...page.others, ...page.create.slice(1)]} input={scopeInputOf(page, scope)} buttons={1} />
        {create && (
          <Button leftSection={<PlusIcon />} onClick={() => setSearch({ new: '1' })}>
            {create.summary}
          </Button>
        )}
      </PageHead>
      <Filters
        filters={filters}
        order={order}
        search={search}
        onChange={(change) => setSearch({ ...change, cursor: undefined })}
      />
      {rows.isError && <Problem error={rows.error} onRetry={() => rows.refetch()} />}
      {!rows.isError && (
        <ListTable
          label={heading}
          rows={rows.data?.data}
          columns={columns}
          item={item}
          onOpen={isOpenable ? open : undefined}
          chosen={bulk.length > 0 && (rows.data?.data.length ?? 0) > 0 ? chosen : undefined}
          onChoose={setChosen}
          empty={
            isFiltered ? (
              <>
                <Text c="dimmed">{texts.list.noMatch}</Text>
                <Anchor
                  component="button"
                  type="button"
                  size="sm"
                  onClick={() =>
                    setSearch({
                      ...Object.fromEntries(filters.map(({ name }) => [name, undefined])),
                      cursor: undefined,
                    })
                  }
                >
                  {texts.list.clear}
                </Anchor>
              </>
            ) : (
              <>
                <Text fw={600}>{texts.list.empty(noun)}</Text>
                <Text c="dimmed" size="sm" maw={520} ta="center">
                  {empty ?? detail.data?.description ?? nounLine(page.noun)}
                </Text>
                {create && (
                  <Button mt="xs" variant="light" onClick={() => setSearch({ new: '1' })}>
                    {create.summary}
                  </Button>
                )}
              </>
            )
          }
        />
      )}
      {chosen.size > 0 && (
        <BulkActions
          operations={bulk}
          page={page}
          rows={(rows.data?.data ?? []).filter((row) => chosen.has(asText(row.id)))}
          onClear={() => setChosen(new Set())}
        />
      )}
      <Pager
        count={undefined}
        onPrevious={
          rows.data?.prev_cursor
            ? () => setSearch({ cursor: rows.data.prev_cursor ?? undefined })
            : search.cursor && !('prev_cursor' in (rows.data ?? {}))
              ? () => setSearch({ cursor: undefined })
              : undefined
        }
        onNext={rows.data?.next_cursor ? () => setSearch({ cursor: rows.data.next_cursor ?? undefined }) : undefined}
      />
      {search.new && create && (
        <OperationDialog
          operation={create}
          input={scopeInput(create, scope)}
          onClose={() => setSearch({ new: undefined })}
          onDone={(reply) => {
            const made = reply as Row | undefined
            const key = made && isOpenable && page.get ? keyOf(page, made) : undefined
            setSearch({ new: undefined, open: key })
          }}
        />
      )}
      <Drawer
        opened={search.open !== undefined}
        onClose={() => setSearch({ open: undefined })}
        size="lg"
        title={title(page.noun)}
      >
        {search.open !== undefined && (
          <>
            {page.get && (
              <Anchor component={Link} size="sm" mb="sm" display="block" {...linkTo(scope, page.slug, search.open)}>
                {texts.common.openPage}
              </Anchor>
            )}
            <Item
              page={page}
              keyText={search.open}
              row={rows.data?.data.find((row) => keyOf(page, row) === search.open)}
              isCompact
              onGone={() => void navigate({ to: '.', search: (now: Search) => ({ ...now, open: undefined }) } as never)}
            />
          </>
        )}
      </Drawer>
    </>
  )
}

/** A page of a list. */
interface Listed {
  readonly data: readonly Row[]
  readonly next_cursor?: string | null
  readonly prev_cursor?: string | null
  readonly count?: { readonly value: number; readonly is_bound?: boolean } | null
  readonly total?: number | null
}

function countOf({ count, total }: Listed): string | undefined {
  if (count) return count.is_bound ? texts.list.atLeast(number(count.value)) : number(count.value)
  return typeof total === 'number' ? number(total) : undefined
}

const scopeInputOf = (page: Page, scope: ReturnType<typeof useScope>) => scopeInput(page.others[0] ?? page.main, scope)

/** What can be done to many: what needs nothing but the thing itself. */
function bulkOperations(page: Page): readonly Operation[] {
  const all = [...page.actions, ...(page.remove ? [page.remove] : [])]
  return all.filter(
    (one) =>
      may(one) && !one.hasBody && one.keys.length === page.keys.length && !/rotate|reset|renew|recover/.test(one.verb),
  )
}

interface FiltersProps {
  readonly filters: readonly Parameter[]
  readonly order: Parameter | undefined
  readonly search: Search
  readonly onChange: (change: Search) => void
}

const SHOWN = 4

function Filters({ filters, order, search, onChange }: FiltersProps) {
  const [isOpen, setOpen] = useState(false)
  if (filters.length === 0 && !order) return null
  const words = filters.find(({ name }) => name === 'search' || name === 'q')
  const rest = filters.filter((one) => one !== words)
  const shown = rest.filter(({ name }, index) => isOpen || index < SHOWN || search[name])
  return (
    <Group mb="sm" gap="xs" align="end">
      {words && (
        <SearchInput
          parameter={words}
          value={search[words.name] ?? ''}
          onChange={(value) => onChange({ [words.name]: value || undefined })}
        />
      )}
      {shown.map((parameter) => (
        <Filter
          key={parameter.name}
          parameter={parameter}
          value={search[parameter.name] ?? ''}
          onChange={(value) => onChange({ [parameter.name]: value || undefined })}
        />
      ))}
      {rest.length > shown.length && (
        <Button variant="subtle" size="sm" onClick={() => setOpen(true)}>
          {texts.list.filters} (+{rest.length - shown.length})
        </Button>
      )}
      {order && (
        <Filter
          parameter={order}
          value={search.order ?? ''}
          onChange={(value) => onChange({ order: value || undefined })}
        />
      )}
    </Group>
  )
}

interface FilterProps {
  readonly parameter: Parameter
  readonly value: string
  readonly onChange: (value: string) => void
}

function SearchInput({ parameter, value, onChange }: FilterProps) {
  const [typed, setTyped] = useState(value)
  const later = useDebouncedCallback(onChange, 250)
  return (
    <TextInput
      w={{ base: '100%', xs: 300 }}
      leftSection={<MagnifyingGlassIcon />}
      aria-label={title(parameter.name)}
      placeholder={parameter.description?.split('.')[0] ?? title(parameter.name)}
      value={typed}
      onChange={(event) => {
        setTyped(event.currentTarget.value)
        later(event.currentTarget.value)
      }}
    />
  )
}

function Filter({ parameter, value, onChange }: FilterProps) {
  const { name, schema } = parameter
  const [typed, setTyped] = useState(value)
  const later = useDebouncedCallback(onChange, 350)
  const choices = schema.enum ?? (schema.type === 'boolean' ? ['true', 'false'] : undefined)
  const label = name === 'order' ? texts.list.order : title(name)
  if (choices) {
    const data = choices
      .filter((one) => one !== null)
      .map((one) => ({ value: String(one), label: orderTitle(name, String(one)) }))
    return (
      <NativeSelect
        w={160}
        aria-label={label}
        data={[{ value: '', label }, ...data]}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    )
  }
  const isTime = schema.format === 'date-time'
  return (
    <TextInput
      w={isTime ? 200 : 150}
      type={isTime ? 'datetime-local' : 'text'}
      aria-label={label}
      placeholder={label}
      title={parameter.description}
      value={isTime && typed ? typed.slice(0, 16) : typed}
      onChange={(event) => {
        const next = event.currentTarget.value
        setTyped(next)
        later(isTime && next ? new Date(next).toISOString() : next)
      }}
    />
  )
}

const orderTitle = (name: string, value: string) =>
  name === 'order'
    ? `${title(value.replace(/^-/, ''))} ${value.startsWith('-') ? '↓' : '↑'}`
    : value === 'true'
      ? texts.common.yes
      : value === 'false'
        ? texts.common.no
        : valueTitle(value)

function Export({ call: made, rows }: { readonly call: Call; readonly rows: readonly Row[] | undefined }) {
  if (!rows || rows.length === 0) return null
  const save = (text: string, type: string, ending: string) => {
    const link = document.createElement('a')
    link.href = URL.createObjectURL(new Blob([text], { type }))
    link.download = `${made.name.replace('.', '-')}.${ending}`
    link.click()
    setTimeout(() => URL.revokeObjectURL(link.href), 1000)
  }
  return (
    <Menu>
      <Menu.Target>
        <Button variant="default" leftSection={<DownloadIcon />}>
          {texts.list.export}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => save(JSON.stringify(rows, null, 2), 'application/json', 'json')}>
          {texts.list.exportJson}
        </Menu.Item>
        <Menu.Item onClick={() => save(csvOf(rows), 'text/csv', 'csv')}>{texts.list.exportCsv}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

/** Rows as CSV (RFC 4180). A cell that a spreadsheet would read as a formula begins with an apostrophe. */
function csvOf(rows: readonly Row[]): string {
  const names = Object.keys(rows[0] ?? {})
  const cell = (value: unknown) => {
    const text = asText(value)
    return `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`
  }
  return [names.map(cell).join(','), ...rows.map((row) => names.map((name) => cell(row[name])).join(','))].join('\r\n')
}
