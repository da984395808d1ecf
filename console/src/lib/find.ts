// Owns how the palette finds things: by id at once, otherwise by the lists that can be searched.
import { PREFIXES } from '../made/operations.ts'
import { call } from './api.ts'
import { keyOf } from './keys.ts'
import { may } from './me.ts'
import { pageTitle } from './nav.ts'
import { type Operation, PAGES, type Page } from './operations.ts'
import { detailOf, nameOf } from './schema.ts'
import { isInScope, type Scope, scopeInput } from './scope.ts'
import { title } from './words.ts'

/** One line of the palette. */
export interface Choice {
  readonly group: string
  readonly label: string
  readonly detail?: string | undefined
  readonly page: string
  readonly key?: string
  readonly search?: Readonly<Record<string, string>>
  readonly operation?: string
}

type Row = Readonly<Record<string, unknown>>

/** How many things of one noun are named. */
const OF_ONE_NOUN = 5

/** What a text names. Only what the caller may see is asked for. */
export async function found(text: string, scope: Scope, signal: AbortSignal): Promise<readonly Choice[]> {
  const noun = PREFIXES[/^([a-z]+)_[a-z0-9]{10,}$/.exec(text)?.[1] ?? '']
  const page = noun && PAGES.find((one) => one.noun === noun && one.get && one.keys.join() === 'id')
  if (page) return [{ group: title(page.noun), label: text, page: page.slug, key: text }]
  const searchable = await Promise.all(
    PAGES.filter(({ kind, main }) => kind === 'list' && may(main) && isInScope(main, scope)).map(async (one) => {
      const { parameters } = await detailOf(one.main)
      const by = parameters.find(({ name }) => name === 'search' || name === 'q')
      return by ? { page: one, by: by.name } : undefined
    }),
  )
  const pages = searchable.filter((one) => one !== undefined)
  const answers = await Promise.allSettled(pages.map(({ page: one, by }) => search(one, by, text, scope, signal)))
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
}

async function search(
  page: Page,
  by: string,
  text: string,
  scope: Scope,
  signal: AbortSignal,
): Promise<readonly Choice[]> {
  const operation: Operation = page.main
  const input = { ...scopeInput(operation, scope), [by]: text, limit: OF_ONE_NOUN }
  const { value } = await call(operation.name, input, undefined, { signal })
  const rows = (value as unknown as { data: readonly Row[] }).data
  return rows.slice(0, OF_ONE_NOUN).map((row) => {
    const label = nameOf(row)
    const email = typeof row.email === 'string' && row.email !== label ? row.email : undefined
    return { group: pageTitle(page), label, detail: email, page: page.slug, key: keyOf(page, row) }
  })
}
