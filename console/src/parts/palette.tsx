// The palette: pages, actions and things by what is typed. An id leads straight to what it names.
import { Kbd, Modal, Text, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { MagnifyingGlassIcon } from '@radix-ui/react-icons'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type KeyboardEvent, useId, useMemo, useState } from 'react'
import { type Choice, found } from '../lib/find.ts'
import { may } from '../lib/me.ts'
import { navigation, pageTitle } from '../lib/nav.ts'
import { PAGES } from '../lib/operations.ts'
import { isInScope, scopeParams, useScope } from '../lib/scope.ts'
import { texts } from '../texts/texts.ts'

const MOST = 24

/** The palette. It is opened with ⌘K, Ctrl K or a slash. */
export function Palette({ onClose }: { readonly onClose: () => void }) {
  const [typed, setTyped] = useState('')
  const [at, setAt] = useState(0)
  const [search] = useDebouncedValue(typed.trim(), 180)
  const scope = useScope()
  const navigate = useNavigate()
  const id = useId()
  const pages = useMemo(() => choices(), [])
  const things = useQuery({
    queryKey: ['find', search, scope],
    enabled: search.length >= 2,
    queryFn: ({ signal }) => found(search, scope, signal),
  })
  const words = typed.trim().toLowerCase().split(/\s+/).filter(Boolean)
  const matching = pages
    .filter(({ main }) => isInScope(main, scope))
    .filter(({ label }) => words.every((word) => label.toLowerCase().includes(word)))
  const shown: readonly Choice[] = [...(search.length >= 2 ? (things.data ?? []) : []), ...matching].slice(0, MOST)
  const current = Math.min(at, Math.max(0, shown.length - 1))
  const open = ({ page, key, search: query = {}, operation }: Choice) => {
    onClose()
    const params = { ...scopeParams(scope), page, key, operation }
    const to = operation
      ? '/t/$tenant/$realm/o/$operation'
      : key
        ? '/t/$tenant/$realm/$page/$key'
        : '/t/$tenant/$realm/$page'
    void navigate({ to, params, search: query } as never)
  }
  const move = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (step !== 0 && shown.length > 0) {
      event.preventDefault()
      const next = (current + step + shown.length) % shown.length
      setAt(next)
      document.getElementById(`${id}-${next}`)?.scrollIntoView({ block: 'nearest' })
    }
    const chosen = shown[current]
    if (event.key === 'Enter' && chosen) {
      event.preventDefault()
      open(chosen)
    }
  }
  return (
    <Modal
      opened
      onClose={onClose}
      withCloseButton={false}
      padding={0}
      size="lg"
      yOffset="12vh"
      centered={false}
      aria-label={texts.palette.title}
    >
      <TextInput
        data-autofocus
        variant="unstyled"
        size="md"
        px="md"
        py={6}
        leftSection={<MagnifyingGlassIcon />}
        placeholder={texts.palette.placeholder}
        aria-label={texts.palette.placeholder}
        role="combobox"
        aria-expanded
        aria-controls={`${id}-list`}
        aria-activedescendant={shown.length > 0 ? `${id}-${current}` : undefined}
        value={typed}
        onChange={(event) => {
          setTyped(event.currentTarget.value)
          setAt(0)
        }}
        onKeyDown={move}
      />
      <div
        id={`${id}-list`}
        role="listbox"
        aria-label={texts.palette.title}
        style={{
          maxHeight: '52vh',
          overflowY: 'auto',
          padding: '4px 8px',
          borderTop: '1px solid var(--mantine-color-default-border)',
        }}
      >
        {shown.map((choice, index) => (
          // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the input, which names the option
          // biome-ignore lint/a11y/useKeyWithClickEvents: as above
          <div
            key={`${choice.group}${choice.label}${choice.key ?? ''}${choice.page}`}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === current}
            className="palette-option"
            data-on={index === current || undefined}
            onClick={() => open(choice)}
            onPointerMove={() => setAt(index)}
          >
            <Text size="xs" c="dimmed" component="span" w={92} style={{ flex: 'none' }}>
              {choice.group}
            </Text>
            <Text size="sm" component="span" className="clip">
              {choice.label}
            </Text>
            {choice.detail && (
              <Text size="xs" c="dimmed" component="span" className="clip">
                {choice.detail}
              </Text>
            )}
          </div>
        ))}
      </div>
      {shown.length === 0 && (
        <Text size="sm" c="dimmed" p="md" role="status">
          {texts.palette.nothing}
        </Text>
      )}
      <Text size="xs" c="dimmed" px="md" py={8} style={{ borderTop: '1px solid var(--mantine-color-default-border)' }}>
        {texts.palette.hint} <Kbd size="xs">Esc</Kbd>
      </Text>
    </Modal>
  )
}

/** The pages, and what can be begun on them. */
function choices(): readonly (Choice & { readonly main: (typeof PAGES)[number]['main'] })[] {
  const pages = navigation().flatMap(({ title, pages: own }) =>
    own.map((page) => ({ group: title, label: pageTitle(page), page: page.slug, main: page.main })),
  )
  const actions = PAGES.flatMap((page) => [
    ...page.create.filter(may).map((one, index) => ({
      group: texts.palette.actions,
      label: one.summary,
      page: page.slug,
      main: one,
      ...(index === 0 ? { search: { new: '1' } } : { operation: one.name }),
    })),
    ...page.others.filter(may).map((one) => ({
      group: texts.palette.actions,
      label: one.summary,
      page: page.slug,
      operation: one.name,
      main: one,
    })),
  ])
  return [...pages, ...actions]
}
