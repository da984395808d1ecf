// A log that cannot be written: the server serves, counts what is lost, and stops when it is told to.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { testWith } from '#testing/real-parts.ts'
import { startServer, type TestServer } from '#testing/server.ts'
import { until } from '#testing/until.ts'

const folder = mkdtempSync(join(tmpdir(), 'countersign-log-'))
after(() => rmSync(folder, { recursive: true }))

const { O_RDONLY, O_WRONLY, O_NONBLOCK } = constants

/** A pipe as a shell makes one. */
function openPipe(name: string) {
  const path = join(folder, name)
  execFileSync('mkfifo', [path])
  const reader = openSync(path, O_RDONLY | O_NONBLOCK)
  return { reader, writer: openSync(path, O_WRONLY) }
}

/** Starts a server that prints to a descriptor, which is then the server's alone. */
async function startPrintingTo(output: number): Promise<TestServer> {
  const server = await startServer({ output })
  closeSync(output)
  return started(server)
}

/** Whatever becomes of its test, a server ends with it. */
function started(server: TestServer): TestServer {
  servers.push(server)
  return server
}

const servers: TestServer[] = []
after(() => servers.map((server) => server.process.kill('SIGKILL')))

async function serves(server: TestServer): Promise<void> {
  for (let request = 0; request < 20; request++) {
    const reply = await fetch(`${server.url}/healthz`, { signal: AbortSignal.timeout(2000) })
    assert.equal(reply.status, 200)
    await reply.text()
  }
}

async function lostLines({ adminUrl }: TestServer): Promise<number> {
  const text = await (await fetch(`${adminUrl}/metrics`)).text()
  return Number(/^countersign_log_lines_lost_total (\d+)$/m.exec(text)?.[1])
}

async function countsAtLeast(server: TestServer, lines: number): Promise<void> {
  await until(async () => (await lostLines(server)) >= lines)
}

test('a server whose log goes to a program that ended serves on, as after `| head -3`', async () => {
  const { reader, writer } = openPipe('head')
  const server = await startPrintingTo(writer)
  assert.ok(readSync(reader, Buffer.alloc(1000)) > 0)
  closeSync(reader)
  await serves(server)
  await countsAtLeast(server, 20)
  assert.equal(await server.stop(), 0)
})

test('a server whose log goes to a program that reads no more serves on and stops', async () => {
  const { reader, writer } = openPipe('stopped')
  const server = await startPrintingTo(writer)
  const ask = async () => void (await (await fetch(`${server.url}/health/live`)).text())
  // More than the pipe holds.
  for (let round = 0; round < 40; round++) await Promise.all(Array.from({ length: 20 }, ask))
  await serves(server)
  assert.equal(await server.stop(), 0)
  closeSync(reader)
})

test('KM-06 a server whose log is on a full disk serves on', async () => {
  const server = await startPrintingTo(openSync('/dev/full', 'w'))
  await serves(server)
  await countsAtLeast(server, 20)
  assert.equal(await server.stop(), 0)
})

test('what could not be written is told of once there is room again', async () => {
  const { reader, writer } = openPipe('again')
  const server = await startPrintingTo(writer)
  const path = join(folder, 'again')
  closeSync(reader)
  await countsAtLeast(server, 1)
  const second = openSync(path, O_RDONLY | O_NONBLOCK)
  await serves(server)
  await pause(500)
  const buffer = Buffer.alloc(65_536)
  const text = buffer.toString('utf8', 0, readSync(second, buffer))
  assert.match(text, /"message":"Lines of the log could not be written and are lost\.","lost":\d+/)
  assert.match(text, /"route":"\/healthz"/)
  assert.equal(await server.stop(), 0)
  closeSync(second)
})

testWith(['bsdutils'], 'a server whose terminal was closed serves on and stops', async () => {
  const server = started(
    await startServer({ command: ([node, main]) => ['script', '-qec', `exec '${node}' '${main}'`, '/dev/null'] }),
  )
  const { pid } = server.process
  const of = (parent: number | undefined) => readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').trim()
  const serverPid = Number(of(pid))
  after(() => isAlive(serverPid) && process.kill(serverPid, 'SIGKILL'))
  await server.kill()
  await serves(server)
  await countsAtLeast(server, 20)
  process.kill(serverPid, 'SIGTERM')
  await until(() => !isAlive(serverPid))
  rmSync(server.dataDir, { recursive: true })
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    // A process that nobody waited for is still listed.
    return !/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
