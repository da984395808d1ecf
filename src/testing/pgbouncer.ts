// Owns a PgBouncer in transaction mode before a PostgreSQL, for one test.
import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from './server.ts'

/** A PgBouncer, and the address of the database through it. */
export interface TestPooler {
  readonly url: string
  close(): Promise<void>
}

/** Starts Debian's PgBouncer, with its defaults but for the mode, before the database of a URL. */
export async function startPgBouncer(url: string): Promise<TestPooler> {
  const { hostname, port, pathname, username } = new URL(url)
  const folder = mkdtempSync(join(tmpdir(), 'countersign-pgbouncer-'))
  const own = await freePort()
  const settings = [
    '[databases]',
    `* = host=${hostname} port=${port}`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${own}`,
    'unix_socket_dir =',
    'auth_type = any',
    'pool_mode = transaction',
    'default_pool_size = 8',
  ]
  const file = join(folder, 'pgbouncer.ini')
  writeFileSync(
    file,
    settings
      .map((line) => `${line}\n`)
      .join('')
      .replace('* = ', `* = user=${username} `),
  )
  chmodSync(folder, 0o755)
  // It refuses to run as root.
  const user = process.getuid?.() === 0 ? ['-u', 'nobody'] : []
  const child = spawn('/usr/sbin/pgbouncer', ['-q', ...user, file], { stdio: 'ignore' })
  const abandon = () => child.kill('SIGKILL')
  process.once('exit', abandon)
  await answers(own, child)
  return {
    url: `postgres://${username}@127.0.0.1:${own}${pathname}`,
    async close() {
      process.off('exit', abandon)
      child.kill('SIGKILL')
      rmSync(folder, { recursive: true })
    },
  }
}

async function answers(port: number, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 2000; attempt++) {
    if (child.exitCode !== null) throw new Error(`PgBouncer ended with ${child.exitCode}.`)
    const isThere = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1')
      socket.once('connect', () => {
        socket.destroy()
        resolve(true)
      })
      socket.once('error', () => resolve(false))
    })
    if (isThere) return
    await pause(25)
  }
  throw new Error('PgBouncer was not there in time.')
}
