// Makes the published form of a package: JavaScript and types in dist/, which its package.json names. npm runs it in the
// folder of the package, before and after `npm pack`.
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const KEPT = 'package.source.json'

/** The address of a source file, as the published package has it. */
function built(source) {
  const file = source.replace('./src/', './dist/').replace(/\.ts$/, '')
  return { types: `${file}.d.ts`, default: `${file}.js` }
}

function restore() {
  if (existsSync(KEPT)) renameSync(KEPT, 'package.json')
  for (const path of ['dist', 'LICENSE']) rmSync(path, { recursive: true, force: true })
}

function build() {
  restore()
  const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
  const { status } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.json'], { stdio: ['ignore', 2, 2] })
  if (status !== 0) process.exit(1)
  const { scripts: _, ...manifest } = JSON.parse(readFileSync('package.json', 'utf8'))
  const entries = Object.entries(manifest.exports).map(([path, source]) => [path, built(source)])
  renameSync('package.json', KEPT)
  writeFileSync('package.json', `${JSON.stringify({ ...manifest, exports: Object.fromEntries(entries) }, null, 2)}\n`)
  copyFileSync(join(ROOT, 'LICENSE'), 'LICENSE')
}

if (process.argv[2] === 'restore') restore()
else build()
