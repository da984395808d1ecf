// Checks that the signals of AuthPlane’s document reach the server: `kill -HUP $(pidof authserver)`.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { testWith } from '#testing/real-parts.ts'
import { startServer } from '#testing/server.ts'
import { until } from '#testing/until.ts'

const ROOT = new URL('../../..', import.meta.url).pathname
const run = promisify(execFile)

const STARTS = {
  'npm start': (): [string, ...string[]] => ['npm', 'start', '--silent', '--prefix', ROOT],
  'authserver serve': (): [string, ...string[]] => [join(ROOT, 'bin/authserver'), 'serve'],
  'authserver serve by a link': (folder: string): [string, ...string[]] => {
    symlinkSync(join(ROOT, 'bin/authserver'), join(folder, 'authserver'))
    return [join(folder, 'authserver'), 'serve']
  },
} as const

for (const [name, commandIn] of Object.entries(STARTS)) {
  testWith(['sysvinit-utils'], `pidof finds a server that was started by ${name}, and it takes a HUP`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'countersign-serve-'))
    const command = commandIn(folder)
    const server = await startServer({ dataDir: folder, command: () => command })
    try {
      const { stdout } = await run('pidof', ['authserver'])
      const own = await Promise.all(
        stdout
          .trim()
          .split(' ')
          .map(async (pid) => ((await isOf(pid, folder)) ? pid : '')),
      )
      const [pid] = own.filter(Boolean)
      assert.ok(pid, `pidof printed ${stdout}`)
      process.kill(Number(pid), 'SIGHUP')
      await until(() => server.output().includes('were read again'), server.output)
      process.kill(Number(pid), 'SIGTERM')
      await until(() => server.process.exitCode !== null || server.process.signalCode !== null, server.output)
    } finally {
      server.process.kill('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    }
  })
}

/** Whether a process has this data directory. Other servers of the machine have the same name. */
async function isOf(pid: string, dataDir: string): Promise<boolean> {
  const { stdout } = await run('cat', [`/proc/${pid}/environ`]).catch(() => ({ stdout: '' }))
  return stdout.split('\0').includes(`COUNTERSIGN_DATA_DIR=${dataDir}`)
}
