// An operation with its form and its result, as a part of a page.
import { Stack, Text } from '@mantine/core'
import { useState } from 'react'
import type { Call } from '../lib/api.ts'
import { isDanger } from '../lib/danger.ts'
import type { Operation } from '../lib/operations.ts'
import { scopeInput, useScope } from '../lib/scope.ts'
import { useDetail } from '../lib/use-detail.ts'
import { texts } from '../texts/texts.ts'
import { CodeForms } from './as-code.tsx'
import { OperationForm } from './lazy.tsx'
import { Members } from './members.tsx'

/** The form of an operation, and below it what it answered. */
export function OperationScreenOf({ operation }: { readonly operation: Operation }) {
  const scope = useScope()
  const detail = useDetail(operation)
  const [done, setDone] = useState<{ readonly reply: unknown; readonly call: Call }>()
  const { reply } = done ?? {}
  const isThing = typeof reply === 'object' && reply !== null && !('data' in reply)
  return (
    <Stack>
      <OperationForm
        operation={operation}
        input={scopeInput(operation, scope)}
        isDanger={isDanger(operation)}
        submit={operation.summary}
        onDone={(value, call) => setDone({ reply: value, call })}
      />
      {done && (
        <Stack aria-live="polite">
          <Text fw={600}>{texts.act.result}</Text>
          {reply === undefined && <Text size="sm">{texts.act.nothing}</Text>}
          {isThing && <Members value={reply as Record<string, unknown>} schema={detail.data?.reply} />}
          {reply !== undefined && !isThing && (
            <pre className="code">{typeof reply === 'string' ? reply : JSON.stringify(reply, null, 2)}</pre>
          )}
          <CodeForms call={done.call} />
        </Stack>
      )}
    </Stack>
  )
}
