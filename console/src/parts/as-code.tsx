// Says what a screen shows or did as curl, as a command and as a script.
import { Button, Modal, Stack, Tabs, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { CodeIcon } from '@radix-ui/react-icons'
import type { Call } from '../lib/api.ts'
import { asCommand, asCurl, asScript } from '../lib/as-code.ts'
import { texts } from '../texts/texts.ts'
import { Code } from './copyable.tsx'

/** The forms of a call. */
export function CodeForms({ call }: { readonly call: Call }) {
  return (
    <Tabs defaultValue="curl">
      <Tabs.List>
        <Tabs.Tab value="curl">{texts.code.curl}</Tabs.Tab>
        <Tabs.Tab value="cli">{texts.code.cli}</Tabs.Tab>
        <Tabs.Tab value="sdk">{texts.code.sdk}</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="curl" pt="sm">
        <Code text={asCurl(call)} label={texts.code.curl} />
      </Tabs.Panel>
      <Tabs.Panel value="cli" pt="sm">
        <Code text={asCommand(call)} label={texts.code.cli} />
      </Tabs.Panel>
      <Tabs.Panel value="sdk" pt="sm">
        <Code text={asScript(call)} label={texts.code.sdk} />
      </Tabs.Panel>
    </Tabs>
  )
}

/** A button that shows the forms of a call. */
export function AsCode({ call, size = 'sm' }: { readonly call: Call; readonly size?: string }) {
  const [isOpen, { open, close }] = useDisclosure()
  return (
    <>
      <Button variant="default" size={size} leftSection={<CodeIcon />} onClick={open}>
        {texts.code.button}
      </Button>
      <Modal opened={isOpen} onClose={close} title={texts.code.title} size="lg">
        <Stack gap="sm">
          <Text size="sm" c="dimmed">
            {texts.code.lead} {texts.code.key}
          </Text>
          <CodeForms call={call} />
        </Stack>
      </Modal>
    </>
  )
}
