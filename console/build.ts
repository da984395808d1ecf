// Builds the console into the folder that is named: with the packages of the checkout, or, where only those of production are
// installed, in a copy with packages of its own. Several processes may ask for the same folder; one builds it.
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { type Lock, lockOf } from './lock.ts'

/** How long a build of another process may take, in milliseconds. */
const PATIENCE = 300_000

const here = import.meta.dirname
const root = join(here, '..')
const [, , out = ''] = process.argv
const builds = dirname(out)
const work = join(builds, `work-${process.pid}`)
const claim = join(builds, 'building')

if (!existsSync(out)) {
  mkdirSync(builds, { recursive: true })
  if (isMine()) {
    process.on('exit', () => {
      for (const path of [claim, work]) rmSync(path, { recursive: true, force: true })
    })
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(1))
    if (!existsSync(out)) make()
  } else {
    waitForOther()
  }
}

/** Whether this process is to build; false while another one does. */
function isMine(): boolean {
  try {
    if (Date.now() - statSync(claim).mtimeMs > PATIENCE) rmSync(claim)
  } catch {
    // Nobody builds.
  }
  try {
    writeFileSync(claim, String(process.pid), { flag: 'wx' })
    return true
  } catch {
    return false
  }
}

function waitForOther(): void {
  const until = Date.now() + PATIENCE
  const pause = new Int32Array(new SharedArrayBuffer(4))
  while (existsSync(claim) && Date.now() < until) Atomics.wait(pause, 0, 0, 200)
  if (!existsSync(out)) fail('Another process tried to build the console, and failed.')
}

function make(): void {
  const at = hasPackages() ? here : copyWithPackages()
  const dist = join(work, 'dist')
  mkdirSync(work, { recursive: true })
  run(process.execPath, [join(at, 'bundle.ts'), dist, join(root, 'golden', 'openapi.json')], at)
  for (const path of readdirSync(dist, { recursive: true, encoding: 'utf8' })) compress(join(dist, path))
  renameSync(dist, out)
  for (const old of readdirSync(builds)) {
    const isOther = /^[0-9a-f]{16}$/.test(old) && old !== basename(out)
    if (isOther) rmSync(join(builds, old), { recursive: true, force: true })
  }
}

function compress(path: string): void {
  if (!statSync(path).isFile()) return
  const text = readFileSync(path)
  const best = { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: text.length } }
  writeFileSync(`${path}.br`, brotliCompressSync(text, best))
  writeFileSync(`${path}.gz`, gzipSync(text, { level: 9 }))
}

function hasPackages(): boolean {
  const folders = [join(here, 'node_modules'), join(root, 'node_modules')]
  return ['vite', '@mantine/core', 'react-dom'].every((name) =>
    folders.some((folder) => existsSync(join(folder, name, 'package.json'))),
  )
}

function copyWithPackages(): string {
  const copy = join(work, 'console')
  mkdirSync(copy, { recursive: true })
  for (const name of readdirSync(here)) {
    if (name !== '.build' && name !== 'node_modules') cpSync(join(here, name), join(copy, name), { recursive: true })
  }
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lock
  writeFileSync(join(copy, 'package-lock.json'), JSON.stringify(lockOf(lock, 'console')))
  const options = ['ci', '--include=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const { npm_execpath: npm, npm_node_execpath: node = process.execPath } = process.env
  const [command, args] = npm === undefined ? ['npm', options] : [node, [npm, ...options]]
  run(command, args, copy)
  return copy
}

function run(command: string, args: string[], cwd: string): void {
  const shell = process.platform === 'win32' && command === 'npm'
  const env = { ...process.env, NODE_ENV: 'production' }
  const { status, error } = spawnSync(command, args, { cwd, shell, env, stdio: ['ignore', 'inherit', 'inherit'] })
  if (error) fail(`${command} could not be started: ${error.message}`)
  if (status !== 0) fail(`The console could not be built (${basename(command)} ${args[0]}).`)
}

function fail(sentence: string): never {
  process.stderr.write(`${sentence}\n`)
  process.exit(1)
}
