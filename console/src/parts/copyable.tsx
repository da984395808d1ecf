// A text that can be copied.
import { CopyButton, Tooltip, UnstyledButton } from '@mantine/core'
import { CheckIcon, CopyIcon } from '@radix-ui/react-icons'
import { texts } from '../texts/texts.ts'

/** A text with a button that copies it. @param copied what is copied, where it is another text */
export function Copyable({ text, copied = text }: { readonly text: string; readonly copied?: string }) {
  return (
    <CopyButton value={copied}>
      {({ copied: isCopied, copy }) => (
        <Tooltip label={isCopied ? texts.common.copied : texts.common.copy}>
          <UnstyledButton
            onClick={(event) => {
              event.stopPropagation()
              copy()
            }}
            className="mono"
            style={{ display: 'inline-flex', gap: 6, alignItems: 'center', maxWidth: '100%' }}
            aria-label={`${text}: ${texts.common.copy}`}
          >
            <span className="clip">{text}</span>
            <span style={{ flex: 'none', lineHeight: 0 }}>
              {isCopied ? <CheckIcon width={13} /> : <CopyIcon width={13} />}
            </span>
          </UnstyledButton>
        </Tooltip>
      )}
    </CopyButton>
  )
}

/** A block of code with a button that copies it. */
export function Code({ text, label }: { readonly text: string; readonly label?: string }) {
  return (
    <div style={{ position: 'relative' }}>
      <section aria-label={label ?? texts.code.title}>
        <pre className="code">{text}</pre>
      </section>
      <CopyButton value={text}>
        {({ copied, copy }) => (
          <UnstyledButton
            className="code-copy"
            onClick={copy}
            p={6}
            aria-label={copied ? texts.common.copied : texts.common.copy}
          >
            {copied ? <CheckIcon /> : <CopyIcon />}
          </UnstyledButton>
        )}
      </CopyButton>
    </div>
  )
}
