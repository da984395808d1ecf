// Prints facts about the shape of the source, and fails if one exceeds its bound: `npm run facts`.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const SCRIPTS = ['cycles.ts', 'served-paths.ts', 'row-lines.ts', 'product-names.ts', 'field-files.ts']

for (const script of SCRIPTS) {
  const { status } = spawnSync(process.execPath, [join(import.meta.dirname, script)], { stdio: 'inherit' })
  if (status === 0) continue
  console.log(`tools/${script} is past its bound.`)
  process.exitCode = 1
}
