// Why something was refused or would be: a request by its id, a token by what is in it, a permission of a user.
import { Button, Group, Stack, Text, Textarea, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { call } from '../lib/api.ts'
import { may } from '../lib/me.ts'
import { operationNamed } from '../lib/operations.ts'
import { useScope } from '../lib/scope.ts'
import { useInput } from '../lib/use-input.ts'
import { Problem } from '../parts/broken.tsx'
import { Card } from '../parts/card.tsx'
import { State, When } from '../parts/cell.tsx'
import { Members } from '../parts/members.tsx'
import { OperationScreenOf } from '../parts/operation-box.tsx'
import { PageHead } from '../parts/page-head.tsx'
import { texts } from '../texts/texts.ts'

/** The page that answers “why?”. */
export function WhyScreen() {
  const check = operationNamed('authorization.check')
  return (
    <>
      <PageHead title={texts.nav.why} lead={texts.why.lead} />
      <div className="columns">
        <Stack>
          {may(operationNamed('decision.get')) && <Decision />}
          {may(check) && (
            <Card title={texts.why.permission}>
              <OperationScreenOf operation={check} />
            </Card>
          )}
        </Stack>
        <Inspector />
      </div>
    </>
  )
}

function Decision() {
  const [typed, setTyped] = useState('')
  const [id, setId] = useState('')
  const input = { ...useInput('decision.get'), id }
  const decision = useQuery({
    queryKey: ['decision', input],
    enabled: id !== '',
    queryFn: async () => (await call('decision.get', input)).value,
  })
  const ask = (event: FormEvent) => {
    event.preventDefault()
    setId(typed.trim())
  }
  return (
    <Card title={texts.why.request}>
      <form onSubmit={ask}>
        <Group align="end" gap="sm">
          <TextInput
            style={{ flex: 1 }}
            label={texts.why.requestId}
            description={texts.why.requestHint}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
          <Button type="submit" disabled={typed.trim() === ''}>
            {texts.why.ask}
          </Button>
        </Group>
      </form>
      {decision.isError && <Problem error={decision.error} />}
      {decision.data && (
        <Stack gap="xs" mt="md" aria-live="polite">
          <Group gap="xs">
            <State value="refused" />
            <Text fw={600}>{decision.data.error}</Text>
          </Group>
          <Text size="sm">{decision.data.meaning ?? decision.data.description}</Text>
          {decision.data.advice && (
            <Text size="sm">
              <strong>{texts.why.advice}</strong> {decision.data.advice}
            </Text>
          )}
          <Members value={decision.data} without={['error', 'meaning', 'advice']} />
        </Stack>
      )}
    </Card>
  )
}

/** What is in a token. It is read in the browser and sent nowhere. */
function Inspector() {
  const [typed, setTyped] = useState('')
  const { realm } = useScope()
  const [header, payload] = decoded(typed.trim())
  const id = typeof payload?.jti === 'string' ? payload.jti : ''
  const issuance = operationNamed('issuance.get')
  const known = useQuery({
    queryKey: ['issuance', realm, id],
    enabled: id !== '' && realm !== '' && may(issuance),
    retry: false,
    queryFn: async () => (await call('issuance.get', { issuer_id: realm, id })).value,
  })
  const expires = typeof payload?.exp === 'number' ? new Date(payload.exp * 1000).toISOString() : undefined
  return (
    <Card title={texts.why.token}>
      <Textarea
        label={texts.why.paste}
        description={texts.why.pasteHint}
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
        autosize
        minRows={3}
        maxRows={8}
        classNames={{ input: 'mono' }}
        spellCheck={false}
      />
      {typed.trim() !== '' && !payload && (
        <Text size="sm" c="var(--mantine-color-error)" mt="sm" role="alert">
          {texts.why.noToken}
        </Text>
      )}
      {payload && (
        <Stack gap="sm" mt="md">
          {expires && (
            <Text size="sm" component="div">
              {Date.parse(expires) < Date.now() ? texts.why.expired : texts.why.expires} <When at={expires} />
            </Text>
          )}
          {known.data && (
            <Group gap="xs">
              <State
                value={
                  known.data.revoked_at
                    ? 'revoked'
                    : known.data.expires_at !== null && Date.parse(known.data.expires_at) < Date.now()
                      ? 'expired'
                      : 'live'
                }
              />
              <Text size="sm">{texts.why.known}</Text>
            </Group>
          )}
          {known.isError && <Text size="sm">{texts.why.unknown}</Text>}
          <Members value={{ ...header, ...payload }} />
        </Stack>
      )}
    </Card>
  )
}

type Part = Readonly<Record<string, unknown>>

function decoded(token: string): readonly [Part?, Part?] {
  try {
    const [header, payload] = token
      .split('.')
      .slice(0, 2)
      .map((part) => {
        const bytes = Uint8Array.from(atob(part.replaceAll('-', '+').replaceAll('_', '/')), (one) => one.charCodeAt(0))
        return JSON.parse(new TextDecoder().decode(bytes)) as Part
      })
    return [header, payload]
  } catch {
    return []
  }
}
