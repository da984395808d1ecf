// Checks how forms with files are read, what is kept of refused requests, and what is done after a reply.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { unavailable } from '#database/errors.ts'
import { DecisionLog } from '#domain/decision/decision-log.ts'
import type { Realm } from '#domain/realm/realm.ts'
import { Failure } from '#kernel/error.ts'
import { createRandom } from '#outside/random.ts'
import { fixedClock } from '#testing/clock.ts'
import { Parameters } from '#web/parameters.ts'
import { AfterReply } from './after-reply.ts'
import { readForm, readParts } from './body.ts'
import { noteRefusal } from './realm-decisions.ts'

test('a form with files is texts and files', async () => {
  const form = new FormData()
  form.set('name', 'Logo')
  form.set('logo', new File(['<svg/>'], 'l.svg', { type: 'image/svg+xml' }))
  const request = new Request('http://x.example/', { method: 'POST', body: form })
  const type = request.headers.get('content-type') ?? ''
  const parts = (await readParts(type, Buffer.from(await request.arrayBuffer()))) as { name: string; logo: File }
  assert.deepEqual([parts.name, parts.logo.name, await parts.logo.text()], ['Logo', 'l.svg', '<svg/>'])
  await assert.rejects(readParts('application/json', Buffer.from('{}')), { code: 'unsupported_media_type' })
  await assert.rejects(readParts('multipart/form-data; boundary=x', Buffer.from('nothing')), {
    code: 'invalid_request',
  })
})

test('a decision keeps a copy of what was sent, and not the body of which that was a part', () => {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  const clock = fixedClock()
  const decisions = new DecisionLog({ clock, random: createRandom(clock) })
  const heap = () => {
    collect()
    return process.memoryUsage().heapUsed
  }
  const before = heap()
  for (let count = 0; count < 2000; count++) {
    const body = Buffer.from(`client_id=stranger-${count}-${'x'.repeat(80)}&filler=${'f'.repeat(250_000)}`)
    const parameters = [new Parameters(readForm(body.toString('latin1')))]
    const realm = { id: `realm-${count % 40}`, tenantId: 'tenant' } as Realm
    const request = { id: decisions.nextId(), ip: `192.0.2.${count % 250}` }
    const failure = new Failure('invalid_client', { reason: 'unknown_client' })
    noteRefusal(decisions, clock.now(), { endpoint: 'token_endpoint', realm, request, parameters }, failure)
  }
  for (const code of ['authorization_pending', 'slow_down', 'use_dpop_nonce'] as const) {
    const request = { id: decisions.nextId(), ip: '192.0.2.1' }
    const refused = { endpoint: 'token_endpoint', realm: undefined, request, parameters: [] }
    noteRefusal(decisions, clock.now(), refused, new Failure(code))
  }
  assert.equal(decisions.size, 2000, 'and nothing of what every client is answered in passing')
  assert.ok(heap() - before < 10_000_000, `${heap() - before} bytes`)
})

function openAfterReply() {
  const lines: unknown[] = []
  const log = {
    warn: (message: string) => void lines.push(message),
    error: (_message: string, error: unknown) => void lines.push(error),
  }
  const stopping = new AbortController()
  return { lines, stopping, after: new AfterReply(log, stopping.signal) }
}

test('work after a reply is done before a stop goes on, whether it waits, runs or begins then', async () => {
  const { after, stopping } = openAfterReply()
  const done: string[] = []
  const work = (name: string) => async () => {
    await new Promise(setImmediate)
    done.push(name)
    if (name === 'first') after.add(work('of the first'))
  }
  after.add(work('first'))
  stopping.abort()
  after.add(work('second'))
  await after.settle()
  assert.deepEqual(done.sort(), ['first', 'of the first', 'second'])
})

test('work after a reply that fails ends nothing, and only defects are logged as errors', async () => {
  const { after, stopping, lines } = openAfterReply()
  stopping.abort()
  const defect = new Error('a defect')
  after.add(() => {
    throw defect
  })
  after.add(() => Promise.reject(unavailable(new Error('the database is away'))))
  await after.settle()
  assert.deepEqual(lines, [defect, 'The work after a reply was not done.'])
})
