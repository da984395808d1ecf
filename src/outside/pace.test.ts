// Checks that long reads leave time for requests.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises'
import { Failure } from '#kernel/error.ts'
import { createPace } from './pace.ts'

/** Keeps the thread busy. */
function work(milliseconds: number): void {
  const end = performance.now() + milliseconds
  while (performance.now() < end);
}

/** Runs some long reads side by side for a while. @returns the milliseconds that they worked */
async function readFor(milliseconds: number, readers: number): Promise<number> {
  const start = createPace()
  const end = performance.now() + milliseconds
  let worked = 0
  const read = async () => {
    const reading = start(new AbortController().signal)
    while (performance.now() < end) {
      work(4)
      worked += 4
      await reading.rest()
    }
  }
  await Promise.all(Array.from({ length: readers }, read))
  return worked
}

test('long reads take a quarter of a thread that others need, however many they are', async () => {
  let others = true
  const busy = (async () => {
    while (others) {
      work(2)
      await turn()
    }
  })()
  const beside = [await readFor(400, 1), await readFor(400, 4)]
  others = false
  await busy
  for (const worked of beside) assert.ok(worked > 15 && worked < 180, `worked ${worked} ms of 400`)
})

test('a long read ends where its caller hangs up while it rests', async () => {
  const caller = new AbortController()
  const reading = createPace()(caller.signal)
  work(50)
  const rest = assert.rejects(reading.rest(), (error) => error instanceof Failure && error.code === 'invalid_request')
  await pause(1)
  caller.abort()
  await rest
})
