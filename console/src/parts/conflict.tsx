// A change that somebody else was faster with, shown member by member.
import { Alert, Button, Group, SegmentedControl, Table, Text } from '@mantine/core'
import { useState } from 'react'
import type { Field, Values } from '../lib/form.ts'
import { asText } from '../lib/schema.ts'
import { title } from '../lib/words.ts'
import { texts } from '../texts/texts.ts'

export interface ConflictProps {
  readonly fields: readonly Field[]
  readonly was: Values
  readonly theirs: Values
  readonly yours: Values
  /** Called with the values that were chosen. */
  readonly onSave: (chosen: Values) => void
  readonly onTake: () => void
  readonly onBack: () => void
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)

/** What differs, and the choice between theirs and yours. */
export function Conflict({ fields, was, theirs, yours, onSave, onTake, onBack }: ConflictProps) {
  const changed = fields.filter(({ name }) => !same(was[name], theirs[name]) || !same(was[name], yours[name]))
  const [mine, setMine] = useState<Readonly<Record<string, boolean>>>(() =>
    Object.fromEntries(changed.map(({ name }) => [name, !same(was[name], yours[name])])),
  )
  const chosen = () => ({
    ...theirs,
    ...Object.fromEntries(changed.flatMap(({ name }) => (mine[name] ? [[name, yours[name]]] : []))),
  })
  return (
    <Alert color="yellow" title={texts.conflict.title} role="alert">
      <Text size="sm" mb="xs">
        {texts.conflict.lead}
      </Text>
      <Table.ScrollContainer minWidth={480}>
        <Table>
          <Table.Thead>
            <Table.Tr>
              {[texts.conflict.member, texts.conflict.was, texts.conflict.theirs, texts.conflict.yours, ''].map(
                (name) => (
                  <Table.Th key={name}>{name}</Table.Th>
                ),
              )}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {changed.map(({ name }) => (
              <Table.Tr key={name}>
                <Table.Td>{title(name)}</Table.Td>
                <Table.Td>{asText(was[name]) || texts.common.none}</Table.Td>
                <Table.Td fw={same(was[name], theirs[name]) ? undefined : 650}>
                  {asText(theirs[name]) || texts.common.none}
                </Table.Td>
                <Table.Td fw={same(was[name], yours[name]) ? undefined : 650}>
                  {asText(yours[name]) || texts.common.none}
                </Table.Td>
                <Table.Td>
                  <SegmentedControl
                    size="xs"
                    aria-label={title(name)}
                    data={[
                      { value: 'theirs', label: texts.conflict.theirs },
                      { value: 'yours', label: texts.conflict.yours },
                    ]}
                    value={mine[name] ? 'yours' : 'theirs'}
                    onChange={(value) => setMine((all) => ({ ...all, [name]: value === 'yours' }))}
                  />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      <Group gap="sm" mt="sm">
        <Button onClick={() => onSave(chosen())}>{texts.conflict.save}</Button>
        <Button variant="default" onClick={onTake}>
          {texts.conflict.take}
        </Button>
        <Button variant="default" onClick={onBack}>
          {texts.conflict.back}
        </Button>
      </Group>
    </Alert>
  )
}
