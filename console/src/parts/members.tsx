// The members of a thing, each with its name.
import { kindOf, plain, type Schema } from '../lib/schema.ts'
import { title } from '../lib/words.ts'
import { Cell } from './cell.tsx'

/** What nobody reads in a list of members. */
const QUIET = /^(version|tenant_id|hash|prev_hash)$/

export interface MembersProps {
  readonly value: Readonly<Record<string, unknown>>
  readonly schema?: Schema | undefined
  /** Leaves these out. */
  readonly without?: readonly string[]
}

/** A thing as names and values. Members that are empty come last. */
export function Members({ value, schema, without = [] }: MembersProps) {
  const names = Object.keys(value).filter((name) => !QUIET.test(name) && !without.includes(name))
  const isEmpty = (name: string) =>
    value[name] === null ||
    value[name] === '' ||
    (Array.isArray(value[name]) && (value[name] as unknown[]).length === 0)
  const sorted = [...names.filter((name) => !isEmpty(name)), ...names.filter(isEmpty)]
  return (
    <dl className="kv">
      {sorted.map((name) => {
        const own = schema?.properties?.[name]
        const inner = own && plain(own)
        const isNested =
          inner &&
          kindOf(inner) === 'object' &&
          inner.properties &&
          value[name] !== null &&
          !('label' in inner.properties)
        return (
          <div key={name} style={{ display: 'contents' }}>
            <dt title={own?.description}>{title(name)}</dt>
            <dd>
              {isNested ? (
                <Members value={value[name] as Record<string, unknown>} schema={inner} />
              ) : (
                <Cell name={name} value={value[name]} schema={own} isWhole />
              )}
            </dd>
          </div>
        )
      })}
    </dl>
  )
}
