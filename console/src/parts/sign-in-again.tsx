// The dialog for a sign-in that has ended or is too old. The page and what was typed in it stay.
import { Alert, Button, Modal, Stack, Text } from '@mantine/core'
import type { QueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { type ApiError, loadSession, whenSignInIsNeeded } from '../lib/api.ts'
import { loadMe } from '../lib/me.ts'
import { texts } from '../texts/texts.ts'

/** The channel on which the window of the sign-in says that it is done. */
export const SIGNED_IN = 'countersign-signed-in'

interface Asked {
  readonly maxAge: number | undefined
  readonly answer: (again: boolean) => void
}

/** Shown when a call is refused because of the sign-in; the call is then made again. */
export function SignInAgain({ queries }: { readonly queries: QueryClient }) {
  const [asked, setAsked] = useState<Asked>()
  const pending = useRef<Promise<boolean>>(undefined)
  useEffect(() => {
    whenSignInIsNeeded((error: ApiError) => {
      pending.current ??= new Promise<boolean>((answer) => setAsked({ maxAge: error.maxAge, answer })).finally(() => {
        pending.current = undefined
        setAsked(undefined)
      })
      return pending.current
    })
    const channel = new BroadcastChannel(SIGNED_IN)
    channel.onmessage = async () => {
      await loadSession()
      await loadMe()
      setAsked((now) => {
        now?.answer(true)
        return undefined
      })
      void queries.invalidateQueries()
    }
    return () => channel.close()
  }, [queries])
  const address = `/admin/ui/sign-in/start?${new URLSearchParams({ to: 'signed-in', ...(asked?.maxAge && { max_age: String(asked.maxAge) }) })}`
  return (
    <Modal opened={asked !== undefined} onClose={() => asked?.answer(false)} title={texts.signIn.again} zIndex={400}>
      <Stack>
        <Text size="sm">{asked?.maxAge ? texts.signIn.tooOld : texts.signIn.ended}</Text>
        <Button component="a" href={address} target="_blank" rel="opener" data-autofocus>
          {texts.signIn.again}
        </Button>
        <Alert color="gray" variant="light">
          {texts.signIn.waiting}
        </Alert>
      </Stack>
    </Modal>
  )
}
