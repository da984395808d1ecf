// A card of a page: it loads and fails alone, and is left out where the caller may not see what it shows.
import { Group, Paper, Title } from '@mantine/core'
import type { ReactNode } from 'react'

export interface CardProps {
  readonly title: string
  readonly children: ReactNode
  readonly action?: ReactNode
}

/** A card with its heading. */
export function Card({ title, children, action }: CardProps) {
  return (
    <Paper withBorder p="md" component="section" aria-label={title}>
      <Group justify="space-between" mb="sm" gap="xs">
        <Title order={2}>{title}</Title>
        {action}
      </Group>
      {children}
    </Paper>
  )
}
