// The inputs of a form, one for each member of a request.
import {
  Button,
  Checkbox,
  Fieldset,
  FileInput,
  NativeSelect,
  PasswordInput,
  Stack,
  Switch,
  Textarea,
  TextInput,
} from '@mantine/core'
import { useState } from 'react'
import type { Flaw } from '../lib/api.ts'
import { type Field, isUsual, type Values } from '../lib/form.ts'
import { duration } from '../lib/format.ts'
import { title, valueTitle } from '../lib/words.ts'
import { texts } from '../texts/texts.ts'

export interface FieldsProps {
  readonly fields: readonly Field[]
  readonly values: Values
  readonly flaws: readonly Flaw[]
  readonly onChange: (name: string, value: unknown) => void
  /** Whether what is not needed is folded. */
  readonly folds?: boolean
}

const FOLDED_FROM = 7

/** The inputs, with those that are not needed folded where there are many. */
export function Fields({ fields, values, flaws, onChange, folds = false }: FieldsProps) {
  const [isOpen, setOpen] = useState(false)
  const usual = fields.filter(({ isRequired, name }) => isRequired || isUsual(name))
  const shown = Math.max(4, usual.length)
  const isLong = folds && fields.length > FOLDED_FROM
  const first = isLong ? fields.slice(0, shown) : fields
  const rest = isLong ? fields.slice(shown) : []
  const isFlawed = rest.some(({ path }) => flaws.some((flaw) => isAbout(flaw, path)))
  const one = (field: Field) => (
    <One
      key={field.path}
      field={field}
      value={values[field.name]}
      flaws={flaws}
      onChange={(value) => onChange(field.name, value)}
    />
  )
  return (
    <>
      {first.map(one)}
      {rest.length > 0 && !isOpen && !isFlawed && (
        <Button variant="subtle" size="compact-sm" style={{ alignSelf: 'flex-start' }} onClick={() => setOpen(true)}>
          {texts.form.moreOptions(rest.length)}
        </Button>
      )}
      {(isOpen || isFlawed) && rest.map(one)}
    </>
  )
}

const isAbout = ({ field }: Flaw, path: string) => field === path || field.startsWith(`${path}.`)

interface OneProps {
  readonly field: Field
  readonly value: unknown
  readonly flaws: readonly Flaw[]
  readonly onChange: (value: unknown) => void
}

function One({ field, value, flaws, onChange }: OneProps) {
  const { path, kind, schema, isRequired, choices = [] } = field
  const problem = flaws
    .filter((flaw) => isAbout(flaw, path))
    .map(({ message }) => message)
    .join(' ')
  const common = {
    label: title(field.name),
    description: schema.description,
    error: problem || undefined,
    required: isRequired,
    name: path,
  }
  const text = typeof value === 'string' ? value : value === undefined || value === null ? '' : String(value)
  if (kind === 'group') {
    return (
      <Fieldset legend={title(field.name)}>
        <Stack gap="sm">
          <Fields
            fields={field.fields ?? []}
            values={(value ?? {}) as Values}
            flaws={flaws}
            folds
            onChange={(name, inner) => onChange({ ...((value ?? {}) as Values), [name]: inner })}
          />
        </Stack>
      </Fieldset>
    )
  }
  if (kind === 'switch') {
    return (
      <Switch
        label={common.label}
        description={common.description}
        error={common.error}
        name={path}
        checked={value === true}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
    )
  }
  if (kind === 'choice') {
    const data = choices.map((one) => ({ value: one, label: valueTitle(one) }))
    return (
      <NativeSelect
        {...common}
        data={[{ value: '', label: isRequired ? texts.form.choose : texts.common.none }, ...data]}
        value={text}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    )
  }
  if (kind === 'choices') {
    return (
      <Checkbox.Group
        label={common.label}
        description={common.description}
        error={common.error}
        value={(value as string[] | undefined) ?? []}
        onChange={onChange}
      >
        <Stack gap={6} mt={6}>
          {choices.map((one) => (
            <Checkbox key={one} value={one} label={valueTitle(one)} size="sm" />
          ))}
        </Stack>
      </Checkbox.Group>
    )
  }
  if (kind === 'number') {
    const isTime = /lifetime|seconds|window|interval/.test(field.name) && typeof value === 'number'
    const hint = isTime ? `${schema.description ?? ''} (${duration(value)})` : schema.description
    return (
      <TextInput
        {...common}
        description={hint}
        type="number"
        inputMode="numeric"
        value={text}
        onChange={(event) => onChange(event.currentTarget.value === '' ? '' : Number(event.currentTarget.value))}
      />
    )
  }
  if (kind === 'secret') {
    return (
      <PasswordInput
        {...common}
        value={text}
        onChange={(event) => onChange(event.currentTarget.value)}
        autoComplete="new-password"
      />
    )
  }
  if (kind === 'file') return <FileInput {...common} value={(value as File | null) || null} onChange={onChange} />
  if (kind === 'lines' || kind === 'json' || kind === 'long') {
    const hint = kind === 'lines' ? texts.form.onePerLine : kind === 'json' ? texts.form.json : ''
    const described = [schema.description, hint].filter(Boolean).join(' ')
    return (
      <Textarea
        {...common}
        description={described}
        value={text}
        onChange={(event) => onChange(event.currentTarget.value)}
        autosize
        minRows={2}
        maxRows={14}
        classNames={kind === 'long' ? {} : { input: 'mono' }}
        spellCheck={kind === 'long'}
      />
    )
  }
  const type =
    kind === 'time' ? 'datetime-local' : schema.format === 'email' || field.name === 'email' ? 'email' : 'text'
  return (
    <TextInput
      {...common}
      type={type}
      value={text}
      onChange={(event) => onChange(event.currentTarget.value)}
      autoComplete="off"
    />
  )
}
