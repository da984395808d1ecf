// Where the console begins for somebody who is not signed in: the hosted sign-in, or a pasted API key.
import { Alert, Button, Center, Divider, Paper, PasswordInput, Stack, Text, Title } from '@mantine/core'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { ApiError, keepKey } from '../lib/api.ts'
import { loadMe } from '../lib/me.ts'
import { Mark } from '../parts/mark.tsx'
import { texts } from '../texts/texts.ts'

/** The sign-in page of the console. */
export function SignIn() {
  const { to = '', failed } = useSearch({ strict: false }) as { to?: string; failed?: string }
  const [key, setKey] = useState('')
  const [flaw, setFlaw] = useState<string>()
  const [isBusy, setBusy] = useState(false)
  const navigate = useNavigate()
  const use = async (event: FormEvent) => {
    event.preventDefault()
    setBusy(true)
    keepKey(key.trim())
    try {
      await loadMe()
      await navigate({ to: `/${to}` } as never)
    } catch (error) {
      keepKey(null)
      setFlaw(
        error instanceof ApiError && error.status === 401 ? texts.signIn.wrongKey : String((error as Error).message),
      )
      setBusy(false)
    }
  }
  const started = `/admin/ui/sign-in/start${to ? `?${new URLSearchParams({ to })}` : ''}`
  return (
    <Center component="main" mih="100vh" p="md">
      <Paper withBorder p="xl" w={400} maw="100%">
        <Stack>
          <Mark />
          <div>
            <Title order={1}>{texts.signIn.title}</Title>
            <Text c="dimmed" size="sm">
              {texts.signIn.lead}
            </Text>
          </div>
          {failed && (
            <Alert color="red" role="alert">
              {failed === 'not_administrator' ? texts.signIn.notAdministrator : texts.signIn.failed}
            </Alert>
          )}
          <Button component="a" href={started} size="md">
            {texts.signIn.start}
          </Button>
          <Divider label={texts.signIn.or} />
          <form onSubmit={use}>
            <Stack gap="sm">
              <PasswordInput
                label={texts.signIn.key}
                description={texts.signIn.keyHint}
                value={key}
                onChange={(event) => setKey(event.currentTarget.value)}
                error={flaw}
                autoComplete="off"
                spellCheck={false}
              />
              <Button type="submit" variant="default" loading={isBusy} disabled={key.trim() === ''}>
                {texts.signIn.useKey}
              </Button>
            </Stack>
          </form>
        </Stack>
      </Paper>
    </Center>
  )
}
