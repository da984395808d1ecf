// Writes the screenshots of docs/images: runs the browser tests of the pages, which take them.
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const tests = globSync('src/**/*.browser.test.ts', { cwd: root })
const { status } = spawnSync(process.execPath, ['--test', '--test-concurrency=1', ...tests], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, COUNTERSIGN_SCREENSHOTS: '1' },
})
process.exitCode = status ?? 1
