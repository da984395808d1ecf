// A secret that is shown once: it is in no address, no cache and no notification.
import { Alert, Button, Group, Modal, Stack, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { title } from '../lib/words.ts'
import { texts } from '../texts/texts.ts'
import { Code } from './copyable.tsx'

const SECRET = /secret|^key$|_key$|^token$|_token$|password|^code$|recovery_codes|^link$|_link$|^url$/
const NOT_SECRET = /public|prefix|jwks|hash|_uri$|key_id|primary_|has_|_hint$|sealed|idempotency/

/** The members of a reply that are shown once. @param known the members that can be read again */
export function secretsIn(reply: unknown, known: readonly string[]): readonly (readonly [string, string])[] {
  if (reply === null || typeof reply !== 'object') return []
  return Object.entries(reply).flatMap(([name, value]) => {
    const isSecret = SECRET.test(name) && !NOT_SECRET.test(name) && !known.includes(name)
    return isSecret && typeof value === 'string' && value !== '' ? [[name, value] as const] : []
  })
}

export interface SecretOnceProps {
  readonly secrets: readonly (readonly [string, string])[]
  readonly onClose: () => void
  readonly children?: ReactNode
}

/** The dialog with the secrets. A click outside does not close it. */
export function SecretOnce({ secrets, onClose, children }: SecretOnceProps) {
  return (
    <Modal
      opened
      onClose={onClose}
      title={texts.secret.title}
      closeOnClickOutside={false}
      closeOnEscape={false}
      withCloseButton={false}
      size="lg"
    >
      <Stack>
        <Alert color="yellow">{texts.secret.lead}</Alert>
        {secrets.map(([name, value]) => (
          <div key={name}>
            <Text size="sm" fw={600} mb={4}>
              {title(name)}
            </Text>
            <Code text={value} label={title(name)} />
          </div>
        ))}
        {children}
        <Group justify="flex-end">
          <Button onClick={onClose}>{texts.secret.stored}</Button>
        </Group>
      </Stack>
    </Modal>
  )
}
