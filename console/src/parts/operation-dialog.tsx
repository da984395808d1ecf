// An operation in a dialog: what it does, its form, and its result.
import { Alert, Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import type { Call } from '../lib/api.ts'
import { isDanger } from '../lib/danger.ts'
import type { Values } from '../lib/form.ts'
import { type Operation, pageOfNoun } from '../lib/operations.ts'
import { itemOf } from '../lib/schema.ts'
import { useDetail } from '../lib/use-detail.ts'
import { texts } from '../texts/texts.ts'
import { AsCode } from './as-code.tsx'
import { Members } from './members.tsx'
import { type Current, OperationForm } from './operation-form.tsx'
import { SecretOnce, secretsIn } from './secret-once.tsx'
import { say } from './toasts.tsx'

export interface OperationDialogProps {
  readonly operation: Operation
  readonly input: Readonly<Record<string, unknown>>
  readonly preset?: Values | undefined
  readonly current?: Current | undefined
  /** The name of what it is done to. */
  readonly name?: string | undefined
  readonly onClose: () => void
  readonly onDone?: ((reply: unknown) => void) | undefined
  /** What stands above the form, such as what it would end. */
  readonly children?: ReactNode
  /** What stands below a secret that was made. */
  readonly afterSecret?: ((reply: Readonly<Record<string, unknown>>) => ReactNode) | undefined
}

/** What has to be confirmed by its name, because so much ends with it. */
const TYPED = new Set(['tenant.delete', 'realm.delete', 'partner.delete'])

/** The dialog of an operation. */
export function OperationDialog(props: OperationDialogProps) {
  const { operation, input, preset, current, name, onClose, onDone, children, afterSecret } = props
  const queries = useQueryClient()
  const detail = useDetail(operation)
  const page = pageOfNoun(operation.noun)
  const listed = useDetail(page?.main ?? operation)
  const [done, setDone] = useState<{ readonly reply: unknown; readonly call: Call }>()
  const [typed, setTyped] = useState('')
  const danger = isDanger(operation)
  const finish = (reply: unknown, made: Call) => {
    void queries.invalidateQueries()
    const isMade = operation.verb === 'create' || operation.verb === 'update'
    const secrets = secretsIn(reply, Object.keys(listed.data ? (itemOf(listed.data).properties ?? {}) : {}))
    if (secrets.length === 0 && (isMade || reply === undefined)) {
      say(name ? `${operation.summary}: ${name}` : operation.summary)
      onClose()
      onDone?.(reply)
      return
    }
    setDone({ reply, call: made })
  }
  const leave = () => {
    onClose()
    if (done) onDone?.(done.reply)
  }
  const known = Object.keys(listed.data ? (itemOf(listed.data).properties ?? {}) : {})
  const secrets = done ? secretsIn(done.reply, known) : []
  if (done && secrets.length > 0) {
    return (
      <SecretOnce secrets={secrets} onClose={leave}>
        {afterSecret?.(done.reply as Record<string, unknown>)}
      </SecretOnce>
    )
  }
  const isLocked = TYPED.has(operation.name) && name !== undefined && typed !== name
  return (
    <Modal
      opened
      onClose={leave}
      title={danger && name ? texts.act.sure(`${operation.summary}: ${name}`) : operation.summary}
      size="lg"
    >
      {done ? (
        <Result value={done.reply} call={done.call} onClose={leave} detail={detail.data} />
      ) : (
        <Stack>
          {detail.data?.description && (
            <Text size="sm" c="dimmed">
              {detail.data.description}
            </Text>
          )}
          {children}
          {operation.isFinal && <Alert color="red">{texts.act.final}</Alert>}
          {TYPED.has(operation.name) && name !== undefined && (
            <TextInput
              label={texts.act.typeName(name)}
              value={typed}
              onChange={(event) => setTyped(event.currentTarget.value)}
              autoComplete="off"
            />
          )}
          {!isLocked && (
            <OperationForm
              operation={operation}
              input={input}
              preset={preset}
              current={current}
              onDone={finish}
              onCancel={onClose}
              isDanger={danger}
            />
          )}
        </Stack>
      )}
    </Modal>
  )
}

interface ResultProps {
  readonly value: unknown
  readonly call: Call
  readonly onClose: () => void
  readonly detail: ReturnType<typeof useDetail>['data']
}

function Result({ value, call: made, onClose, detail }: ResultProps) {
  const isObject = value !== null && typeof value === 'object' && !Array.isArray(value)
  return (
    <Stack>
      {value === undefined ? (
        <Text size="sm">{texts.act.nothing}</Text>
      ) : isObject ? (
        <Members value={value as Record<string, unknown>} schema={detail?.reply} />
      ) : (
        <pre className="code">{typeof value === 'string' ? value : JSON.stringify(value, null, 2)}</pre>
      )}
      <Group justify="space-between">
        <AsCode call={made} size="xs" />
        <Button onClick={onClose} data-autofocus>
          {texts.common.close}
        </Button>
      </Group>
    </Stack>
  )
}
