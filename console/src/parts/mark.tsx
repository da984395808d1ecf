// The mark and the name of the product.
import { Group, Text } from '@mantine/core'

/** The mark with the name. */
export function Mark({ withName = true }: { readonly withName?: boolean }) {
  return (
    <Group gap={8} wrap="nowrap">
      <svg width="24" height="24" viewBox="0 0 32 32" aria-hidden="true">
        <rect width="32" height="32" rx="7" fill="var(--mantine-color-indigo-8)" />
        <path
          d="M9 17.5l4.5 4.5L23 11"
          fill="none"
          stroke="#fff"
          strokeWidth="3.2"
          strokeLinecap="round"
          strokeLinejoin="round"
        />
      </svg>
      {withName && (
        <Text fw={650} component="span">
          Countersign
        </Text>
      )}
    </Group>
  )
}
