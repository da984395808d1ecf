// The form of an operation, from its schemas; and what became of it: a secret that is shown once, a conflict, or a refusal.
import { Alert, Button, Group, List, NativeSelect, SegmentedControl, Stack, Text } from '@mantine/core'
import { type FormEvent, useEffect, useMemo, useRef, useState } from 'react'
import { ApiError, type Call, call, type Flaw, type Name } from '../lib/api.ts'
import { bodyOf, type Field, fieldsOf, initialValues, NotJson, type Values } from '../lib/form.ts'
import type { Operation } from '../lib/operations.ts'
import { alternatives, type Detail, type Schema } from '../lib/schema.ts'
import { useDetail } from '../lib/use-detail.ts'
import { title, valueTitle } from '../lib/words.ts'
import { texts } from '../texts/texts.ts'
import { AsCode } from './as-code.tsx'
import { Conflict } from './conflict.tsx'
import { Fields } from './fields.tsx'

/** The thing that a form changes. */
export interface Current {
  readonly value: Values
  readonly etag: string | undefined
  /** Reads it again. */
  readonly reload: () => Promise<{ readonly value: Values; readonly etag: string | undefined }>
}

export interface OperationFormProps {
  readonly operation: Operation
  /** The parameters that are known. */
  readonly input: Readonly<Record<string, unknown>>
  readonly current?: Current | undefined
  /** What is filled in at the beginning. */
  readonly preset?: Values | undefined
  readonly onDone: (reply: unknown, call: Call) => void
  readonly onCancel?: (() => void) | undefined
  readonly isDanger?: boolean
  readonly submit?: string | undefined
}

/** The form of an operation. */
export function OperationForm(props: OperationFormProps) {
  const detail = useDetail(props.operation)
  if (!detail.data) return null
  return <Loaded key={props.current?.etag ?? ''} {...props} detail={detail.data} />
}

function Loaded({
  operation,
  input,
  current,
  preset,
  onDone,
  onCancel,
  isDanger,
  submit,
  detail,
}: OperationFormProps & { readonly detail: Detail }) {
  const kinds = useMemo(() => variants(detail.body), [detail])
  const [kind, setKind] = useState(0)
  const fields = useMemo(
    () => allFields(operation, detail, kinds[kind], input, !current),
    [operation, detail, kinds, kind, input, current],
  )
  const before = useMemo(() => ({ ...initialValues(fields, current?.value), ...preset }), [fields, current, preset])
  const [values, setValues] = useState<Values>(before)
  const [flaws, setFlaws] = useState<readonly Flaw[]>([])
  const [problem, setProblem] = useState<string>()
  const [isBusy, setBusy] = useState(false)
  const [theirs, setTheirs] = useState<Awaited<ReturnType<Current['reload']>>>()
  const form = useRef<HTMLFormElement>(null)
  useEffect(() => setValues(before), [before])
  useEffect(() => {
    const [first] = flaws
    if (first) (form.current?.querySelector(`[name="${CSS.escape(first.field)}"]`) as HTMLElement | null)?.focus()
  }, [flaws])

  const isChange = current !== undefined
  useEffect(() => {
    if (!isChange) form.current?.querySelector<HTMLElement>('input, textarea, select, [data-autofocus]')?.focus()
  }, [isChange])
  const split = () => splitValues(fields, values, isChange ? before : undefined, detail)
  const send = async (body: unknown, query: Values, etag: string | undefined) => {
    setBusy(true)
    setProblem(undefined)
    setFlaws([])
    const all = { ...input, ...query }
    try {
      const { value } = await call(operation.name as Name, all, body, { etag })
      onDone(value, { name: operation.name, input: all, body })
    } catch (error) {
      if (error instanceof ApiError && error.status === 412 && current) setTheirs(await current.reload())
      else refused(error)
    } finally {
      setBusy(false)
    }
  }
  const refused = (error: unknown) => {
    const own = error instanceof ApiError ? error.flaws : []
    setFlaws(own)
    setProblem(error instanceof Error ? error.message : String(error))
  }
  const act = (event?: FormEvent) => {
    event?.preventDefault()
    try {
      const { body, query } = split()
      void send(body, query, current?.etag)
    } catch (error) {
      if (error instanceof NotJson) setFlaws([{ field: error.path, message: texts.form.notJson }])
      else throw error
    }
  }
  const isDirty = !isChange || JSON.stringify(values) !== JSON.stringify(before)
  const unknown = flaws.filter(
    ({ field }) => !fields.some(({ path }) => field === path || field.startsWith(`${path}.`)),
  )
  const shown = previewOf(operation, input, split)
  return (
    <form ref={form} onSubmit={act} noValidate>
      <Stack gap="md">
        {problem && (
          <Alert color="red" role="alert" title={flaws.length > unknown.length ? texts.form.problems : undefined}>
            <Text size="sm">{problem}</Text>
            {unknown.length > 0 && (
              <List size="sm">
                {unknown.map(({ field, message }) => (
                  <List.Item key={field}>
                    {title(field)}: {message}
                  </List.Item>
                ))}
              </List>
            )}
          </Alert>
        )}
        {theirs && current && (
          <Conflict
            fields={fields}
            was={before}
            theirs={initialValues(fields, theirs.value)}
            yours={values}
            onBack={() => setTheirs(undefined)}
            onTake={() => onDone(theirs.value, { name: operation.name, input })}
            onSave={(chosen) => {
              const now = initialValues(fields, theirs.value)
              setTheirs(undefined)
              const { body, query } = splitValues(fields, chosen, now, detail)
              void send(body, query, theirs.etag)
            }}
          />
        )}
        {kinds.length > 1 && <Variants kinds={kinds} value={kind} onChange={setKind} />}
        <Fields
          fields={fields}
          values={values}
          flaws={flaws}
          folds
          onChange={(name, value) => setValues((all) => ({ ...all, [name]: value }))}
        />
        <Group justify="space-between" gap="sm">
          {shown ? <AsCode call={shown} size="xs" /> : <span />}
          <Group gap="sm">
            {isChange && isDirty && (
              <Button variant="default" onClick={() => setValues(before)}>
                {texts.common.undo}
              </Button>
            )}
            {onCancel && (
              <Button variant="default" onClick={onCancel}>
                {texts.common.cancel}
              </Button>
            )}
            <Button
              type="submit"
              loading={isBusy}
              disabled={!isDirty}
              color={isDanger ? 'red' : undefined}
              data-autofocus={fields.length === 0 || undefined}
            >
              {submit ?? (isChange ? texts.common.save : operation.summary)}
            </Button>
          </Group>
        </Group>
      </Stack>
    </form>
  )
}

function Variants({
  kinds,
  value,
  onChange,
}: {
  readonly kinds: readonly Variant[]
  readonly value: number
  readonly onChange: (kind: number) => void
}) {
  const data = kinds.map(({ name }, index) => ({ value: String(index), label: name }))
  if (kinds.length <= 4)
    return (
      <SegmentedControl
        data={data}
        value={String(value)}
        onChange={(next) => onChange(Number(next))}
        aria-label={texts.form.kind}
      />
    )
  return (
    <NativeSelect
      label={texts.form.kind}
      data={data}
      value={String(value)}
      onChange={(event) => onChange(Number(event.currentTarget.value))}
    />
  )
}

/** One form of a body. */
interface Variant {
  readonly name: string
  readonly schema: Schema
  /** Members whose value says which form it is. */
  readonly fixed: Readonly<Record<string, unknown>>
}

/** The forms that a body can have. */
function variants(body: Schema | undefined): readonly Variant[] {
  if (!body) return []
  const many = body.anyOf || body.oneOf ? alternatives(body) : [body]
  return many.flatMap((one, index) => {
    if (one.anyOf || one.oneOf) return variants(one)
    const fixed = Object.entries(one.properties ?? {}).flatMap(([name, { const: value, enum: choices }]) => {
      const only = value ?? (many.length > 1 && choices?.length === 1 ? choices[0] : undefined)
      return only === undefined ? [] : [[name, only] as const]
    })
    const named = fixed[0]?.[1]
    const properties = Object.fromEntries(
      Object.entries(one.properties ?? {}).filter(([name]) => !fixed.some(([other]) => other === name)),
    )
    return [
      {
        name: named === undefined ? `${index + 1}` : valueTitle(named),
        schema: { ...one, properties },
        fixed: Object.fromEntries(fixed),
      },
    ]
  })
}

/** The fields of an operation: parameters that are not known yet, and the members of its body. */
function allFields(
  operation: Operation,
  { parameters }: Detail,
  variant: Variant | undefined,
  input: Values,
  isCreate: boolean,
): readonly Field[] {
  const open = parameters.filter(({ name, in: place }) => {
    const isScope = name === 'tenant_id' && place === 'query'
    return (
      input[name] === undefined &&
      !isScope &&
      (operation.method !== 'GET' || !['cursor', 'limit', 'offset', 'include'].includes(name))
    )
  })
  const properties = Object.fromEntries(
    open.map(({ name, schema, description }) => [name, { ...schema, ...(description && { description }) }]),
  )
  const required = open.flatMap(({ name, required: isNeeded }) => (isNeeded ? [name] : []))
  return [...fieldsOf({ properties, required }), ...(variant ? fieldsOf(variant.schema, '', isCreate) : [])]
}

function splitValues(
  fields: readonly Field[],
  values: Values,
  before: Values | undefined,
  detail: Detail,
): { readonly body: unknown; readonly query: Values } {
  const outside = new Set(detail.parameters.map(({ name }) => name))
  const inBody = new Set(fields.map(({ name }) => name))
  const query = bodyOf(
    fields.filter(({ name }) => outside.has(name)),
    values,
  )
  if (!detail.body) return { body: undefined, query }
  const own = fields.filter(({ name }) => !outside.has(name) && inBody.has(name))
  const members = bodyOf(own, values, before)
  const fixed = variants(detail.body).find(({ schema }) =>
    own.every(({ name }) => schema.properties && name in schema.properties),
  )?.fixed
  const body = { ...fixed, ...members }
  if (detail.bodyType !== 'multipart/form-data') return { body, query }
  const form = new FormData()
  for (const [name, value] of Object.entries(body)) form.append(name, value instanceof Blob ? value : String(value))
  return { body: form, query }
}

function previewOf(
  operation: Operation,
  input: Values,
  split: () => { readonly body: unknown; readonly query: Values },
): Call | undefined {
  try {
    const { body, query } = split()
    return { name: operation.name, input: { ...input, ...query }, ...(body !== undefined && { body }) }
  } catch {
    return undefined
  }
}
