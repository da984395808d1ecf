// A list as a table: rows that open, a choice of several, pages, and what stands in place of nothing.
import { Button, Checkbox, Group, Paper, Skeleton, Stack, Table, Text } from '@mantine/core'
import { ChevronLeftIcon, ChevronRightIcon } from '@radix-ui/react-icons'
import type { ReactNode } from 'react'
import { asText, nameOf, type Schema } from '../lib/schema.ts'
import { title } from '../lib/words.ts'
import { texts } from '../texts/texts.ts'
import { Cell } from './cell.tsx'

export type Row = Readonly<Record<string, unknown>>

/** A column with its own look. */
export interface Column {
  readonly name: string
  readonly title?: string
  readonly show?: (row: Row) => ReactNode
}

export interface ListTableProps {
  readonly label: string
  readonly rows: readonly Row[] | undefined
  readonly columns: readonly Column[]
  readonly item?: Schema | undefined
  readonly onOpen?: ((row: Row) => void) | undefined
  /** The rows that are chosen, by their ids; undefined where nothing can be chosen. */
  readonly chosen?: ReadonlySet<string> | undefined
  readonly onChoose?: ((ids: ReadonlySet<string>) => void) | undefined
  readonly empty: ReactNode
  readonly rowActions?: ((row: Row) => ReactNode) | undefined
}

const idOf = (row: Row) => asText(row.id ?? row.name ?? row.kid)

/** The table. On a narrow screen, each row is a card. */
export function ListTable({ label, rows, columns, item, onOpen, chosen, onChoose, empty, rowActions }: ListTableProps) {
  const ids = rows?.map(idOf) ?? []
  const all = ids.length > 0 && ids.every((id) => chosen?.has(id))
  const some = ids.some((id) => chosen?.has(id))
  const toggle = (id: string) => {
    const next = new Set(chosen)
    if (!next.delete(id)) next.add(id)
    onChoose?.(next)
  }
  const [naming] = columns
  return (
    <Paper withBorder style={{ overflowX: 'auto' }}>
      <Table className="rows" highlightOnHover aria-label={label} verticalSpacing={6} horizontalSpacing="md">
        <Table.Thead>
          <Table.Tr>
            {chosen && (
              <Table.Th w={44}>
                <Checkbox
                  size="xs"
                  aria-label={texts.list.chooseAll}
                  checked={all}
                  indeterminate={some && !all}
                  onChange={() => onChoose?.(new Set(all ? [] : ids))}
                />
              </Table.Th>
            )}
            {columns.map((column) => (
              <Table.Th key={column.name}>{column.title ?? title(column.name)}</Table.Th>
            ))}
            {rowActions && <Table.Th w={60} aria-label={texts.common.more} />}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows === undefined
            ? [1, 2, 3, 4, 5].map((line) => (
                <Table.Tr key={line}>
                  <Table.Td colSpan={columns.length + (chosen ? 1 : 0) + (rowActions ? 1 : 0)}>
                    <Skeleton h={22} />
                  </Table.Td>
                </Table.Tr>
              ))
            : rows.map((row, index) => (
                <Table.Tr
                  key={idOf(row) || index}
                  onClick={onOpen && (() => onOpen(row))}
                  data-selected={chosen?.has(idOf(row)) || undefined}
                >
                  {chosen && (
                    <Table.Td onClick={(event) => event.stopPropagation()}>
                      <Checkbox
                        size="xs"
                        aria-label={texts.list.choose(nameOf(row))}
                        checked={chosen.has(idOf(row))}
                        onChange={() => toggle(idOf(row))}
                      />
                    </Table.Td>
                  )}
                  {columns.map((column) => (
                    <Table.Td key={column.name} data-label={column.title ?? title(column.name)}>
                      {column.show ? (
                        column.show(row)
                      ) : column === naming && onOpen ? (
                        <button
                          type="button"
                          className="row-link"
                          onClick={(event) => {
                            event.stopPropagation()
                            onOpen(row)
                          }}
                        >
                          {asText(row[column.name]) || nameOf(row) || texts.common.none}
                        </button>
                      ) : (
                        <Cell name={column.name} value={row[column.name]} schema={item?.properties?.[column.name]} />
                      )}
                    </Table.Td>
                  ))}
                  {rowActions && <Table.Td onClick={(event) => event.stopPropagation()}>{rowActions(row)}</Table.Td>}
                </Table.Tr>
              ))}
        </Table.Tbody>
      </Table>
      {rows?.length === 0 && (
        <Stack align="center" py="xl" px="md" gap="xs">
          {empty}
        </Stack>
      )}
    </Paper>
  )
}

export interface PagerProps {
  readonly count: string | undefined
  readonly onPrevious: (() => void) | undefined
  readonly onNext: (() => void) | undefined
}

/** The way to the pages beside this one. */
export function Pager({ count, onPrevious, onNext }: PagerProps) {
  if (!onPrevious && !onNext && !count) return null
  return (
    <Group justify="space-between" mt="sm">
      <Text size="sm" c="dimmed">
        {count}
      </Text>
      <Group gap="xs">
        <Button
          variant="default"
          size="xs"
          disabled={!onPrevious}
          onClick={onPrevious}
          leftSection={<ChevronLeftIcon />}
        >
          {texts.list.previous}
        </Button>
        <Button variant="default" size="xs" disabled={!onNext} onClick={onNext} rightSection={<ChevronRightIcon />}>
          {texts.list.next}
        </Button>
      </Group>
    </Group>
  )
}
