// Builds the web console where it is not up to date: `node tools/console.ts`. The tests need it, and a server builds it itself.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { buildFolder } from '#outside/console-build.ts'

const root = join(import.meta.dirname, '..')
const { status } = spawnSync(process.execPath, [join(root, 'console', 'build.ts'), buildFolder(root)], {
  stdio: 'inherit',
})
process.exit(status ?? 1)
