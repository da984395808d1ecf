// Owns the reference page of what suspended and deleted things end.
import { DEPENDENTS, type Dependent, EFFECTS, THINGS, type Thing } from '#domain/dependents.ts'
import { page, table } from './markdown.ts'

/** docs/reference/dependents.md */
export function dependentsPage(): string {
  const all: readonly Dependent[] = Object.values(DEPENDENTS)
  const things = Object.keys(THINGS) as Thing[]
  const sections = things.flatMap((thing) => {
    const { name, states } = THINGS[thing]
    const rows = all
      .filter((one) => one.thing === thing)
      .map(({ dependent, effects, note = '' }) => [dependent, ...states.map((state) => effects[state] ?? ''), note])
    return [`## ${name}`, table(['What depends on it', ...states, 'Note'], rows)]
  })
  return page('What suspended and deleted things end', [
    'When a thing is suspended, disabled, deleted, ended or revoked, what depends on it stops working too: at the next ' +
      'request, in every server process. A test makes each cell of these tables happen on both databases ' +
      '(`src/domain/dependents.test.ts`).',
    table(['Effect', 'Meaning'], Object.entries(EFFECTS)),
    ...sections,
  ])
}
