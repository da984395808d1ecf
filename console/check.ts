// Checks the types of the console, with what is made from the API's document.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { make } from './made.ts'

const root = join(import.meta.dirname, '..')
make(join(root, 'golden', 'openapi.json'), join(import.meta.dirname, 'src', 'made'))
const tsc = join(root, 'node_modules', '.bin', process.platform === 'win32' ? 'tsc.cmd' : 'tsc')
const { status } = spawnSync(tsc, ['-p', import.meta.dirname], {
  stdio: 'inherit',
  shell: process.platform === 'win32',
})
process.exit(status ?? 1)
