// A page that the caller may not see, and what would be needed.
import { Alert } from '@mantine/core'
import type { Operation } from '../lib/operations.ts'
import { texts } from '../texts/texts.ts'

/** Says which permission is missing. */
export function NotAllowed({ operation }: { readonly operation: Operation }) {
  return (
    <Alert color="yellow" title={texts.common.notAllowed} role="alert">
      {texts.common.needs(operation.permission, operation.reach)}
    </Alert>
  )
}
