// Where the window of a repeated sign-in ends: it tells the others, and closes itself.
import { Center, Text } from '@mantine/core'
import { useEffect } from 'react'
import { SIGNED_IN } from '../parts/sign-in-again.tsx'
import { texts } from '../texts/texts.ts'

/** The last page of a sign-in in a window of its own. */
export function SignedIn() {
  useEffect(() => {
    const channel = new BroadcastChannel(SIGNED_IN)
    channel.postMessage('done')
    channel.close()
    const timer = setTimeout(() => window.close(), 600)
    return () => clearTimeout(timer)
  }, [])
  return (
    <Center mih="60vh" p="md">
      <Text role="status">{texts.signIn.finished}</Text>
    </Center>
  )
}
