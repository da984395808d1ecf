// Writes src/surfaces/*/examples.json: what the examples of the command line, and calls of all other rows, send and get.
import { writeFileSync } from 'node:fs'
import type { Examples } from '#surfaces/examples.ts'
import { runExamples } from '#testing/cli-examples.ts'
import { runSurfaceExamples } from '#testing/surface-examples.ts'

const { failed, recorded } = await runExamples()
if (failed.length > 0) throw new Error(failed.join('\n'))
const { native, ...others } = await runSurfaceExamples()
for (const [surface, examples] of Object.entries({ native: { ...recorded, ...native }, ...others }))
  write(surface, examples)

function write(surface: string, examples: Examples): void {
  const lines = Object.entries(examples)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, example]) => `${JSON.stringify(name)}: ${JSON.stringify(example)}`)
  const file = new URL(`../src/surfaces/${surface}/examples.json`, import.meta.url)
  writeFileSync(file, `{\n${lines.join(',\n')}\n}\n`)
}
