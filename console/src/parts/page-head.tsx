// The heading of a page, with what can be done on it.
import { Group, Text, Title } from '@mantine/core'
import { type ReactNode, useEffect, useRef } from 'react'

export interface PageHeadProps {
  readonly title: string
  readonly lead?: ReactNode
  /** What stands beside the title, such as a state. */
  readonly beside?: ReactNode
  readonly children?: ReactNode
}

/** The heading gets the focus when the page is opened, so that readers begin there. */
export function PageHead({ title, lead, beside, children }: PageHeadProps) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    document.title = `${title} · Countersign`
    heading.current?.focus({ preventScroll: true })
  }, [title])
  return (
    <div className="head">
      <div style={{ minWidth: 0, flex: '1 1 20rem' }}>
        <Group gap="xs">
          <Title order={1} ref={heading} tabIndex={-1} style={{ overflowWrap: 'anywhere' }}>
            {title}
          </Title>
          {beside}
        </Group>
        {lead && (
          <Text c="dimmed" size="sm" component="div">
            {lead}
          </Text>
        )}
      </div>
      <Group gap="xs">{children}</Group>
    </div>
  )
}
