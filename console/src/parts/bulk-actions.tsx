// What is done to several things at once, one call for each, with an outcome that says how many it did.
import { Button, Group, List, Modal, Paper, Stack, Text } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../lib/api.ts'
import { isDanger } from '../lib/danger.ts'
import { inputOfKey, keyOf } from '../lib/keys.ts'
import type { Operation, Page } from '../lib/operations.ts'
import { nameOf } from '../lib/schema.ts'
import { scopeInput, useScope } from '../lib/scope.ts'
import { texts } from '../texts/texts.ts'
import type { Row } from './list-table.tsx'
import { say } from './toasts.tsx'

export interface BulkActionsProps {
  readonly operations: readonly Operation[]
  readonly page: Page
  readonly rows: readonly Row[]
  readonly onClear: () => void
}

/** The bar below a list in which something is chosen. */
export function BulkActions({ operations, page, rows, onClear }: BulkActionsProps) {
  const scope = useScope()
  const queries = useQueryClient()
  const [asked, setAsked] = useState<Operation>()
  const [isBusy, setBusy] = useState(false)
  const act = async (operation: Operation) => {
    setBusy(true)
    const failed: string[] = []
    for (const row of rows) {
      try {
        await call(operation.name, { ...scopeInput(operation, scope), ...inputOfKey(page, keyOf(page, row)) })
      } catch (error) {
        failed.push(`${nameOf(row)}: ${error instanceof Error ? error.message : String(error)}`)
      }
    }
    setBusy(false)
    setAsked(undefined)
    const message = [texts.list.outcome(rows.length - failed.length, rows.length), ...failed.slice(0, 3)].join(' ')
    say(`${operation.summary}: ${message}`, failed.length > 0)
    onClear()
    void queries.invalidateQueries()
  }
  return (
    <Paper
      withBorder
      shadow="md"
      p="xs"
      mt="sm"
      role="region"
      aria-label={texts.list.chosen(rows.length)}
      style={{ position: 'sticky', bottom: 12, zIndex: 5 }}
    >
      <Group gap="xs">
        <Text size="sm" fw={600} px="xs" aria-live="polite">
          {texts.list.chosen(rows.length)}
        </Text>
        {operations.map((operation) => (
          <Button
            key={operation.name}
            size="xs"
            variant="light"
            color={isDanger(operation) ? 'red' : undefined}
            onClick={() => setAsked(operation)}
          >
            {operation.summary}
          </Button>
        ))}
        <Button size="xs" variant="subtle" onClick={onClear}>
          {texts.list.clearChoice}
        </Button>
      </Group>
      {asked && (
        <Modal
          opened
          onClose={() => setAsked(undefined)}
          title={texts.act.sure(`${asked.summary}: ${texts.list.chosen(rows.length)}`)}
        >
          <Stack>
            <List size="sm">
              {rows.slice(0, 10).map((row) => (
                <List.Item key={keyOf(page, row)}>{nameOf(row)}</List.Item>
              ))}
            </List>
            {asked.isFinal && (
              <Text size="sm" c="var(--mantine-color-error)">
                {texts.act.final}
              </Text>
            )}
            <Group justify="flex-end">
              <Button variant="default" onClick={() => setAsked(undefined)}>
                {texts.common.cancel}
              </Button>
              <Button
                color={isDanger(asked) ? 'red' : undefined}
                loading={isBusy}
                onClick={() => act(asked)}
                data-autofocus
              >
                {asked.summary}
              </Button>
            </Group>
          </Stack>
        </Modal>
      )}
    </Paper>
  )
}
