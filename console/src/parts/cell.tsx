// How a value of the API is shown: in a table, or in full.
import { Anchor, Badge, Group, Text, Tooltip } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { ago, duration, isWebAddress, moment } from '../lib/format.ts'
import { pageOfNoun } from '../lib/operations.ts'
import { kindOf, nameOf, plain, type Schema } from '../lib/schema.ts'
import { linkTo, useScope } from '../lib/scope.ts'
import { inSentence, valueTitle } from '../lib/words.ts'
import { texts } from '../texts/texts.ts'
import { Copyable } from './copyable.tsx'

const GOOD = new Set([
  'active',
  'success',
  'enabled',
  'verified',
  'delivered',
  'sent',
  'live',
  'on',
  'approved',
  'allowed',
  'permit',
])
const BAD = new Set([
  'suspended',
  'failure',
  'failed',
  'revoked',
  'disabled',
  'denied',
  'refused',
  'blocked',
  'expired',
  'error',
  'dead',
])
const WARN = new Set(['pending', 'waiting', 'shadow', 'draft', 'retrying', 'next', 'unverified'])

/** The colour of a state. Never alone: the word stands beside it. */
export const stateColor = (value: string): string =>
  GOOD.has(value) ? 'teal' : BAD.has(value) ? 'red' : WARN.has(value) ? 'yellow' : 'gray'

/** A state as a badge with its word. */
export function State({ value }: { readonly value: string }) {
  return (
    <Badge variant="light" color={stateColor(value)} tt="none" fw={550} radius="sm">
      {valueTitle(value)}
    </Badge>
  )
}

/** A time as how long ago, with the time itself on demand. */
export function When({ at }: { readonly at: string }) {
  return (
    <Tooltip label={moment(at)}>
      <Text component="time" dateTime={at} size="sm" style={{ whiteSpace: 'nowrap' }} tabIndex={0}>
        {ago(at)}
      </Text>
    </Tooltip>
  )
}

export interface CellProps {
  readonly name: string
  readonly value: unknown
  readonly schema?: Schema | undefined
  /** Whether there is room for all of it. */
  readonly isWhole?: boolean
}

/** A value as it is shown. */
export function Cell({ name, value, schema = {}, isWhole = false }: CellProps) {
  const inner = plain(schema)
  if (value === null || value === undefined || value === '')
    return (
      <Text size="sm" c="dimmed" component="span">
        {texts.common.none}
      </Text>
    )
  if (Array.isArray(value)) return <Many values={value} isWhole={isWhole} />
  if (typeof value === 'object') return <Thing value={value as Record<string, unknown>} isWhole={isWhole} />
  if (typeof value === 'boolean')
    return (
      <Text size="sm" component="span">
        {value ? texts.common.yes : texts.common.no}
      </Text>
    )
  if (inner.format === 'date-time' || /_at$/.test(name)) return <When at={String(value)} />
  if (typeof value === 'number')
    return (
      <Text size="sm" component="span">
        {/lifetime|_seconds|_window|interval$/.test(name) ? `${value} (${duration(value)})` : String(value)}
      </Text>
    )
  if (inner.enum || name === 'status' || name === 'state') return <State value={String(value)} />
  return <Words name={name} text={String(value)} isWhole={isWhole} />
}

function Words({ name, text, isWhole }: { readonly name: string; readonly text: string; readonly isWhole: boolean }) {
  const noun = /^(\w+)_id$/.exec(name)?.[1]
  if (noun && noun !== 'client') return <Reference noun={noun} id={text} />
  if (/^(id|client_id|kid|jti|.*_hash|fingerprint|thumbprint)$/.test(name)) return <Copyable text={text} />
  if (isWhole && isWebAddress(text)) {
    return (
      <Anchor href={text} target="_blank" rel="noreferrer noopener" size="sm">
        {text}
      </Anchor>
    )
  }
  return (
    <Text
      size="sm"
      component="span"
      className={isWhole ? undefined : 'clip-2'}
      style={isWhole ? { whiteSpace: 'pre-wrap' } : undefined}
    >
      {text}
    </Text>
  )
}

/** A link to what an id stands for, where the console has a page for it. */
export function Reference({
  noun,
  id,
  label,
}: {
  readonly noun: string
  readonly id: string
  readonly label?: string | null | undefined
}) {
  const scope = useScope()
  const page = pageOfNoun(noun)
  if (!page?.get || page.keys.length !== 1 || noun === 'realm' || noun === 'tenant')
    return <Copyable text={label ?? id} copied={id} />
  return (
    <Anchor component={Link} size="sm" {...linkTo(scope, page.slug, id)}>
      <span className={label ? undefined : 'mono'}>{label ?? id}</span>
    </Anchor>
  )
}

function Many({ values, isWhole }: { readonly values: readonly unknown[]; readonly isWhole: boolean }) {
  if (values.length === 0)
    return (
      <Text size="sm" c="dimmed" component="span">
        {texts.common.none}
      </Text>
    )
  const shown = isWhole ? values : values.slice(0, 2)
  if (typeof values[0] === 'object') {
    return isWhole ? (
      <pre className="code">{JSON.stringify(values, null, 2)}</pre>
    ) : (
      <Text size="sm" component="span">
        {values.length}
      </Text>
    )
  }
  return (
    <Group gap={4} component="span">
      {shown.map((value) => (
        <Badge key={String(value)} variant="default" tt="none" fw={450} radius="sm" maw="100%">
          {String(value)}
        </Badge>
      ))}
      {shown.length < values.length && (
        <Text size="xs" c="dimmed" component="span">
          +{values.length - shown.length}
        </Text>
      )}
    </Group>
  )
}

function Thing({ value, isWhole }: { readonly value: Readonly<Record<string, unknown>>; readonly isWhole: boolean }) {
  const label = typeof value.label === 'string' ? value.label : nameOf(value)
  const noun = typeof value.type === 'string' ? value.type : typeof value.kind === 'string' ? value.kind : undefined
  if (typeof value.id === 'string' && noun) {
    const isReal = pageOfNoun(noun)?.get !== undefined
    return (
      <Group gap={6} wrap="nowrap" component="span" miw={0}>
        {isReal ? (
          <Reference noun={noun} id={value.id} label={label || undefined} />
        ) : (
          <Text size="sm" component="span">
            {label || value.id}
          </Text>
        )}
        <Text size="xs" c="dimmed" component="span">
          {inSentence(noun)}
        </Text>
      </Group>
    )
  }
  if (!isWhole)
    return (
      <Text size="sm" component="span" className="clip-2">
        {label || JSON.stringify(value)}
      </Text>
    )
  if (Object.keys(value).length === 0)
    return (
      <Text size="sm" c="dimmed" component="span">
        {texts.common.none}
      </Text>
    )
  return <pre className="code">{JSON.stringify(value, null, 2)}</pre>
}

/** Whether a value is shown on a line of its own. */
export const isLong = (schema: Schema | undefined): boolean => kindOf(plain(schema ?? {})) === 'object'
