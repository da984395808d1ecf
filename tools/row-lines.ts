// Prints the lines of source per row of each surface, and fails if a surface exceeds its bound.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
// Operations that a surface composes itself, with their noun, the form of its webhook deliveries, and the descriptions of
// nouns for help and documents are no wire of a row.
const WITHOUT_ROWS = /(?:\.test|\.operations|\.service|\/webhook-profile|\/nouns)\.ts$/
/** The most lines that a row may cost, by surface; SCIM's include its filter language and its patches. */
const BOUNDS: Readonly<Record<string, number>> = {
  native: 4,
  scaikey: 13,
  zautha: 13,
  sharkauth: 17,
  authplane: 13,
  scim: 70,
}

const [, ...rows] = readFileSync(join(root, 'golden/authorization.txt'), 'utf8').trimEnd().split('\n')
const bySurface = Map.groupBy(rows, (row) => row.slice(0, row.indexOf(' ')))
if (bySurface.size === 0) throw new Error('golden/authorization.txt has no rows.')

for (const [surface, { length }] of bySurface) {
  const files = globSync(`src/surfaces/${surface}/**/*.ts`, { cwd: root }).filter((file) => !WITHOUT_ROWS.test(file))
  const lines = files.reduce((sum, file) => sum + readFileSync(join(root, file), 'utf8').split('\n').length - 1, 0)
  const cost = lines / length
  const bound = BOUNDS[surface] ?? 13
  console.log(`lines per row, ${surface}: ${cost.toFixed(1)} (${lines} lines, ${length} rows; at most ${bound})`)
  if (!(cost > 0 && cost <= bound)) process.exitCode = 1
}
