// Short messages in the corner, read out by screen readers.
import { CloseButton, Group, Paper, Text } from '@mantine/core'
import { useSyncExternalStore } from 'react'
import { texts } from '../texts/texts.ts'

interface Toast {
  readonly id: number
  readonly text: string
  readonly isBad: boolean
}

const SHOWN_FOR = 6000
let toasts: readonly Toast[] = []
let last = 0
const listeners = new Set<() => void>()

function set(next: readonly Toast[]): void {
  toasts = next
  for (const listener of listeners) listener()
}

/** Shows a message for some seconds; one about a failure stays until it is closed. */
export function say(text: string, isBad = false): void {
  const id = ++last
  set([...toasts.slice(-3), { id, text, isBad }])
  if (!isBad) setTimeout(() => dismiss(id), SHOWN_FOR)
}

const dismiss = (id: number) => set(toasts.filter((one) => one.id !== id))

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** The place of the messages. */
export function Toasts() {
  const shown = useSyncExternalStore(subscribe, () => toasts)
  return (
    <div className="toasts" role="status" aria-live="polite">
      {shown.map(({ id, text, isBad }) => (
        <Paper key={id} withBorder shadow="md" p="sm">
          <Group wrap="nowrap" gap="sm" justify="space-between">
            <span
              className="dot"
              style={{ background: isBad ? 'var(--mantine-color-red-6)' : 'var(--mantine-color-teal-6)' }}
            />
            <Text size="sm" style={{ flex: 1, overflowWrap: 'anywhere' }}>
              {text}
            </Text>
            <CloseButton size="sm" aria-label={texts.common.close} onClick={() => dismiss(id)} />
          </Group>
        </Paper>
      ))}
    </div>
  )
}
