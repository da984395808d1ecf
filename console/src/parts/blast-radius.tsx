// What a revocation would end, shown before it is done.
import { Alert, Button, Group, List, Modal, SimpleGrid, Skeleton, Stack, Text } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../lib/api.ts'
import { number } from '../lib/format.ts'
import { may } from '../lib/me.ts'
import { operationNamed } from '../lib/operations.ts'
import { useScope } from '../lib/scope.ts'
import { texts } from '../texts/texts.ts'
import { AsCode } from './as-code.tsx'
import { Problem } from './broken.tsx'
import { say } from './toasts.tsx'

/** What a revocation begins with: one member of its request, such as `agent_id`. */
export interface BlastProps {
  readonly member: 'token_id' | 'grant_id' | 'client_id' | 'user_id' | 'agent_id' | 'session_id'
  readonly id: string
  readonly name: string
}

/** A button that shows what would end, and ends it after a second look. */
export function RevokeAll(props: BlastProps) {
  const [isOpen, setOpen] = useState(false)
  if (!may(operationNamed('revocation.simulate'))) return null
  return (
    <>
      <Button variant="default" onClick={() => setOpen(true)}>
        {texts.blast.button}
      </Button>
      {isOpen && <Blast {...props} onClose={() => setOpen(false)} />}
    </>
  )
}

function Blast({ member, id, name, onClose }: BlastProps & { readonly onClose: () => void }) {
  const { realm } = useScope()
  const queries = useQueryClient()
  const [problem, setProblem] = useState<unknown>()
  const [isBusy, setBusy] = useState(false)
  const input = { issuer_id: realm }
  const body = { [member]: id }
  const seen = useQuery({
    queryKey: ['blast', realm, member, id],
    staleTime: 0,
    queryFn: async () => (await call('revocation.simulate', input, body)).value,
  })
  const act = async () => {
    setBusy(true)
    try {
      await call('revocation.create', input, body)
      say(texts.blast.done(name))
      void queries.invalidateQueries()
      onClose()
    } catch (error) {
      setProblem(error)
      setBusy(false)
    }
  }
  const found = seen.data
  const tokens = found?.tokens.count ?? 0
  const figures =
    found &&
    ([
      [texts.blast.tokens, found.tokens.count],
      [texts.blast.refresh, found.refresh_tokens],
      [texts.blast.sessions, found.sessions],
      [texts.blast.consents, found.consents],
      [texts.blast.people, found.people.count],
      [texts.blast.clients, found.clients.count],
      [texts.blast.agents, found.agents.count],
      [texts.blast.codes, found.codes],
    ] as const)
  const names =
    found &&
    [
      ...found.agents.sample.map((one) => one.name),
      ...found.clients.sample.map((one) => one.label ?? one.client_id),
      ...found.people.sample.map((one) => one.email),
    ].filter((one) => typeof one === 'string' && one !== '')
  return (
    <Modal opened onClose={onClose} title={texts.blast.title(name)} size="lg">
      <Stack>
        {(seen.isError || problem !== undefined) && <Problem error={problem ?? seen.error} />}
        {!found && !seen.isError && <Skeleton h={160} />}
        {figures && (
          <SimpleGrid cols={{ base: 2, xs: 4 }}>
            {figures.map(([label, value]) => (
              <div key={label}>
                <Text fz={24} fw={620}>
                  {number(value)}
                </Text>
                <Text size="sm" c="dimmed">
                  {label}
                </Text>
              </div>
            ))}
          </SimpleGrid>
        )}
        {names && names.length > 0 && (
          <List size="sm">
            {[...new Set(names)].slice(0, 12).map((one) => (
              <List.Item key={one}>{one}</List.Item>
            ))}
          </List>
        )}
        <Alert color="gray">{texts.blast.offline}</Alert>
        <Group justify="space-between">
          <AsCode call={{ name: 'revocation.create', input, body }} size="xs" />
          <Group gap="sm">
            <Button variant="default" onClick={onClose} data-autofocus>
              {texts.common.cancel}
            </Button>
            {may(operationNamed('revocation.create')) && (
              <Button color="red" loading={isBusy} disabled={!found} onClick={act}>
                {texts.blast.revoke(number(tokens))}
              </Button>
            )}
          </Group>
        </Group>
      </Stack>
    </Modal>
  )
}
