// Checks the parser of event streams.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readEvents } from './server-sent-events.ts'

async function eventsOf(...chunks: string[]) {
  const retries: number[] = []
  const events = []
  const bytes = chunks.map((chunk) => new TextEncoder().encode(chunk))
  const stream = (async function* () {
    yield* bytes
  })()
  for await (const event of readEvents(stream, (milliseconds) => retries.push(milliseconds))) events.push(event)
  return { events, retries }
}

test('events are read across chunks and all line ends', async () => {
  const { events, retries } = await eventsOf(
    'retry: 50\n\nid: 1\nevent: x\nda',
    'ta: {"a"',
    ':1}\r',
    '\n\r\n: beat\n\ndata:2\rdata: 3\r',
    '\r',
  )
  assert.deepEqual(retries, [50])
  assert.deepEqual(events, [
    { data: '{"a":1}', id: '1' },
    { data: '2\n3', id: '1' },
  ])
})

test('what has no data, or no end, is no event', async () => {
  const { events } = await eventsOf('id: 7\n\n', 'data: half')
  assert.deepEqual(events, [])
})

test('letters of several bytes may be cut between chunks', async () => {
  const bytes = new TextEncoder().encode('data: ü\n\n')
  const stream = (async function* () {
    yield bytes.slice(0, 7)
    yield bytes.slice(7)
  })()
  const events = []
  for await (const event of readEvents(stream)) events.push(event.data)
  assert.deepEqual(events, ['ü'])
})
