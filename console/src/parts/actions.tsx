// What can be done to one thing: the most usual as buttons, the rest in a menu, and the dialog of the one that was chosen.
import { ActionIcon, Button, Group, Menu } from '@mantine/core'
import { DotsHorizontalIcon } from '@radix-ui/react-icons'
import { type ReactNode, useState } from 'react'
import { isDanger } from '../lib/danger.ts'
import type { Values } from '../lib/form.ts'
import { may } from '../lib/me.ts'
import type { Operation } from '../lib/operations.ts'
import { texts } from '../texts/texts.ts'
import { OperationDialog } from './lazy.tsx'

export interface ActionsProps {
  readonly operations: readonly Operation[]
  readonly input: Readonly<Record<string, unknown>>
  readonly name?: string | undefined
  /** How many stand outside the menu. */
  readonly buttons?: number
  readonly onDone?: ((operation: Operation, reply: unknown) => void) | undefined
  readonly preset?: ((operation: Operation) => Values | undefined) | undefined
  readonly children?: ReactNode
  readonly label?: string
}

/** The actions that the caller may take. */
export function Actions({
  operations,
  input,
  name,
  buttons = 2,
  onDone,
  preset,
  label = texts.common.moreActions,
}: ActionsProps) {
  const [chosen, setChosen] = useState<Operation>()
  const allowed = operations.filter(may)
  const calm = allowed.filter((one) => !isDanger(one))
  const outside = calm.slice(0, buttons)
  const inside = allowed
    .filter((one) => !outside.includes(one))
    .sort((a, b) => Number(isDanger(a)) - Number(isDanger(b)))
  return (
    <>
      <Group gap="xs" wrap="nowrap">
        {outside.map((operation) => (
          <Button key={operation.name} variant="default" size="sm" onClick={() => setChosen(operation)}>
            {operation.summary}
          </Button>
        ))}
        {inside.length > 0 && (
          <Menu>
            <Menu.Target>
              <ActionIcon
                variant="default"
                size={buttons > 0 ? 36 : 28}
                aria-label={name ? `${label}: ${name}` : label}
              >
                <DotsHorizontalIcon />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              {inside.map((operation) => (
                <Menu.Item
                  key={operation.name}
                  onClick={() => setChosen(operation)}
                  c={isDanger(operation) ? 'var(--mantine-color-error)' : undefined}
                >
                  {operation.summary}
                </Menu.Item>
              ))}
            </Menu.Dropdown>
          </Menu>
        )}
      </Group>
      {chosen && (
        <OperationDialog
          operation={chosen}
          input={input}
          name={name}
          preset={preset?.(chosen)}
          onClose={() => setChosen(undefined)}
          onDone={(reply) => onDone?.(chosen, reply)}
        />
      )}
    </>
  )
}
