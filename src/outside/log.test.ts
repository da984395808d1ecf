// Checks the lines of the log.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'

const LOG = JSON.stringify(join(import.meta.dirname, 'log.ts'))

/** What a process that runs a script prints, and how it ends. */
function run(script: string) {
  const child = spawn(process.execPath, ['--input-type=module', '-e', `import { createLog } from ${LOG}\n${script}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return child
}

async function linesOf(script: string): Promise<Record<string, unknown>[]> {
  const output = await text(run(script).stdout)
  return output.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]))
}

test('lines are JSON with level, time and message, and carry no secret', async () => {
  const lines = await linesOf(`
    const log = createLog({ level: 'debug' })
    log.info('started', { url: 'http://127.0.0.1:9000', adminApiKey: 'hunter2' })
    log.warn('Bearer abc was refused')
    log.error('failed', new Error('no'), { password: 'hunter2' })
    log.error('failed without an error')
    log.debug('detail')`)
  assert.deepEqual(
    lines.map(({ level, message }) => [level, message]),
    [
      ['info', 'started'],
      ['warn', 'Bearer [redacted] was refused'],
      ['error', 'failed'],
      ['error', 'failed without an error'],
      ['debug', 'detail'],
    ],
  )
  assert.equal(lines[0]?.url, 'http://127.0.0.1:9000')
  assert.match(JSON.stringify(lines[2]?.error), /"type":"Error","message":"no"/)
  assert.doesNotMatch(JSON.stringify(lines), /hunter2|abc/)
  for (const { time } of lines) assert.ok(Math.abs(Date.parse(String(time)) - Date.now()) < 60_000, String(time))
})

test('a request is one line that hostile input cannot break or add to', async () => {
  const [line, ...others] = await linesOf(`
    createLog().request({
      listener: 'public', id: '1a', method: 'POST', route: '/oauth2/token', seconds: 0.0012345, status: 200,
      path: '/oauth2/"token\\n{"level":"fatal"}?code=abc', ip: '127.0.0.1', actor: 'client"1',
    })`)
  assert.deepEqual(others, [])
  const { time, ...rest } = line ?? {}
  assert.match(String(time), /^\d{4}-\d\d-\d\dT/)
  assert.deepEqual(rest, {
    level: 'info',
    message: 'request',
    listener: 'public',
    request_id: '1a',
    method: 'POST',
    route: '/oauth2/token',
    path: '/oauth2/"token\n{"level":"fatal"}',
    status: 200,
    ms: 1.23,
    ip: '127.0.0.1',
    actor: 'client"1',
  })
})

test('levels below the configured one are silent, and the level can change', async () => {
  const request = `{ listener: 'public', id: '1', method: 'GET', route: '/', path: '/', status: 200, seconds: 0, ip: '' }`
  const lines = await linesOf(`
    const log = createLog({ level: 'warn' })
    log.info('one'); log.warn('two'); log.request(${request})
    log.setLevel('info')
    log.info('three'); log.request(${request})
    log.setLevel('silent')
    log.error('four'); log.request(${request})`)
  assert.deepEqual(
    lines.map(({ message }) => message),
    ['two', 'three', 'request'],
  )
})

test('what is buffered is written when the process exits, also by process.exit and a defect', async () => {
  for (const end of ['', 'process.exit(3)', 'queueMicrotask(() => { process.exit(1) })']) {
    const lines = await linesOf(`
      const log = createLog()
      for (let line = 0; line < 2000; line++) log.info('line', { line })
      ${end}`)
    assert.equal(lines.length, 2000, end)
    assert.deepEqual(lines.at(-1)?.line, 1999)
  }
})

test('a single line is not kept waiting for others', async () => {
  const child = run(`createLog().info('here'); setInterval(() => {}, 1000)`)
  const [first] = await once(child.stdout, 'data')
  assert.match(String(first), /"message":"here"/)
  child.kill()
  await once(child, 'exit')
})
