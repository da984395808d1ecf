// The program as people start it: a process with pipes.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startServer, type TestServer } from '#testing/server.ts'
import { until } from '#testing/until.ts'

const ENTRY = new URL('../cli.ts', import.meta.url).pathname
const directory = mkdtempSync(join(tmpdir(), 'countersign-process-'))
let server: TestServer

before(async () => {
  server = await startServer({ dataDir: directory })
})
after(async () => {
  await server.stop()
  rmSync(directory, { recursive: true })
})

interface Started {
  readonly child: ChildProcess
  readonly out: () => string
  readonly err: () => string
  readonly ended: Promise<number | null>
}

function start(...argv: string[]): Started {
  const child = spawn(process.execPath, [ENTRY, ...argv], {
    cwd: tmpdir(),
    env: { COUNTERSIGN_ADMIN_URL: server.adminUrl, COUNTERSIGN_ADMIN_API_KEY: server.adminKey },
  })
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk) => (out += chunk))
  child.stderr.on('data', (chunk) => (err += chunk))
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  return { child, out: () => out, err: () => err, ended }
}

test('the version is printed', async () => {
  const { out, ended } = start('--version')
  assert.equal(await ended, 0)
  assert.match(out(), /^\d+\.\d+\.\d+\n$/)
})

test('standard input, standard output and the exit code are a pipe’s', async () => {
  const { child, out, err, ended } = start('client', 'create', '-', '--json')
  child.stdin?.end(JSON.stringify({ label: 'Piped', grant_types: ['client_credentials'] }))
  assert.equal(await ended, 0, err())
  const made = JSON.parse(out())
  assert.deepEqual([made.label, typeof made.client_secret], ['Piped', 'string'])
  assert.ok(!out().includes('\u001b'))
  const refused = start('client', 'get', 'nobody')
  assert.equal(await refused.ended, 1)
  assert.match(refused.err(), /^Error: .*not_found/)
})

test('events are followed as they happen, across a restart of the server, until Ctrl-C', async () => {
  const { child, out, err, ended } = start('event', 'follow', '--json', '--type', 'application.*', '--after-seq', '0')
  const names = () =>
    out()
      .trim()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line).data.name ?? JSON.parse(line).subject.id)
  const create = (name: string) => server.api('POST', '/v1/realms/default/applications', { name })
  await create('One')
  await until(() => out().trim().split('\n').length >= 1 && out().includes('application.created'), err)
  const before = names().length

  await server.stop()
  await until(() => err().includes('Reconnecting'), err)
  server = await startServer({ dataDir: directory, ports: server.ports })
  await create('Two')
  await until(
    () => names().length > before,
    () => `${out()}${err()}`,
  )
  const seqs = out()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).seq)
  assert.deepEqual(
    seqs,
    [...new Set(seqs)].sort((left, right) => left - right),
  )

  child.kill('SIGINT')
  assert.equal(await ended, 0)
})

test('a reader that goes away ends the program without an error', async () => {
  const { child, err, ended } = start('permission', 'list')
  child.stdout?.destroy()
  assert.equal(await ended, 0)
  assert.equal(err(), '')
})

test('bash completes nouns, verbs, flags and choices', async () => {
  const { out, ended } = start('completion', 'bash')
  assert.equal(await ended, 0)
  const complete = async (...words: string[]) => {
    const script = `${out()}\nCOMP_WORDS=(countersign "$@"); COMP_CWORD=$#; _countersign; echo "\${COMPREPLY[@]}"`
    const bash = spawn('bash', ['-c', script, 'bash', ...words])
    let said = ''
    bash.stdout.on('data', (chunk) => (said += chunk))
    await new Promise((resolve) => bash.once('close', resolve))
    return said.trim().split(' ')
  }
  assert.deepEqual(await complete('cli'), ['client'])
  assert.deepEqual(await complete('client', 'rot'), ['rotate-secret'])
  assert.deepEqual(await complete('client', 'create', '--auth'), [
    '--auth-method',
    '--authorization-signed-response-alg',
    '--authorization-encrypted-response-alg',
    '--authorization-encrypted-response-enc',
    '--authorization-details-types',
  ])
  assert.deepEqual(await complete('client', 'create', '--auth-method', 'p'), ['private_key_jwt'])
  assert.ok((await complete('client', 'list', '--')).includes('--all'))
})
