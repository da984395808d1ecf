// Checks the limit of work done at once.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Failure } from '#kernel/error.ts'
import { createGate } from './gate.ts'

test('a gate runs so many at once, in turn, and turns away whom the line cannot hold', async () => {
  const gate = createGate(2, 2)
  const finish: (() => void)[] = []
  const order: number[] = []
  const enter = (number: number) =>
    gate(async () => {
      order.push(number)
      await new Promise<void>((resolve) => finish.push(resolve))
      return number
    })

  const works = [enter(1), enter(2), enter(3), enter(4)]
  await assert.rejects(enter(5), (error) => error instanceof Failure && error.code === 'temporarily_unavailable')
  assert.deepEqual(order, [1, 2])
  finish.shift()?.()
  await works[0]
  await setImmediatePromise()
  assert.deepEqual(order, [1, 2, 3])
  while (finish.length > 0) {
    finish.shift()?.()
    await setImmediatePromise()
  }
  assert.deepEqual(await Promise.all(works), [1, 2, 3, 4])
})

test('a work that fails leaves its place', async () => {
  const gate = createGate(1, 0)
  for (let round = 0; round < 3; round++) {
    await assert.rejects(
      gate(async () => {
        throw new Error('no')
      }),
      /no/,
    )
  }
  assert.equal(await gate(async () => 'yes'), 'yes')
})

const setImmediatePromise = () => new Promise((resolve) => setImmediate(resolve))
