// Any operation as a page with its form, so that nothing is out of reach.
import { Paper, Stack, Text } from '@mantine/core'
import { useParams } from '@tanstack/react-router'
import { useState } from 'react'
import type { Call } from '../lib/api.ts'
import { may } from '../lib/me.ts'
import { operationNamed } from '../lib/operations.ts'
import { scopeInput, useScope } from '../lib/scope.ts'
import { CodeForms } from '../parts/as-code.tsx'
import { Unknown } from '../parts/broken.tsx'
import { Members } from '../parts/members.tsx'
import { NotAllowed } from '../parts/not-allowed.tsx'
import { isDanger } from '../parts/operation-dialog.tsx'
import { OperationForm, useDetail } from '../parts/operation-form.tsx'
import { PageHead } from '../parts/page-head.tsx'
import { texts } from '../texts/texts.ts'

/** The page of an operation. */
export function OperationScreen({ name }: { readonly name?: string }) {
  const { operation: asked = '' } = useParams({ strict: false }) as { operation?: string }
  const operation = operationNamed(name ?? asked)
  if (!operation) return <Unknown />
  if (!may(operation)) return <NotAllowed operation={operation} />
  return <Known operation={operation} />
}

function Known({ operation }: { readonly operation: NonNullable<ReturnType<typeof operationNamed>> }) {
  const scope = useScope()
  const detail = useDetail(operation)
  const [done, setDone] = useState<{ readonly reply: unknown; readonly call: Call }>()
  const { reply } = done ?? {}
  return (
    <>
      <PageHead title={operation.summary} lead={detail.data?.description} />
      <Stack maw={760}>
        <Paper withBorder p="md">
          <OperationForm
            operation={operation}
            input={scopeInput(operation, scope)}
            isDanger={isDanger(operation)}
            submit={operation.summary}
            onDone={(value, call) => setDone({ reply: value, call })}
          />
        </Paper>
        {done && (
          <Paper withBorder p="md" aria-live="polite">
            <Text fw={600} mb="sm">
              {texts.act.result}
            </Text>
            <Stack>
              {reply === undefined ? (
                <Text size="sm">{texts.act.nothing}</Text>
              ) : typeof reply === 'object' && reply !== null && !('data' in reply) ? (
                <Members value={reply as Record<string, unknown>} schema={detail.data?.reply} />
              ) : (
                <pre className="code">{typeof reply === 'string' ? reply : JSON.stringify(reply, null, 2)}</pre>
              )}
              <CodeForms call={done.call} />
            </Stack>
          </Paper>
        )}
      </Stack>
    </>
  )
}
