// Checks the merge of sorted lists.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { mergeSorted, pageOfSorted, type SortedList } from './merge-sorted.ts'

/** A list over keys, which counts what is read of it. */
function sortedRowsOf(keys: readonly string[], piece: number, reads: { count: number }): SortedList<string> {
  const sorted = [...keys].sort().reverse()
  return {
    bound: sorted[0] ?? '',
    read: async (after) => {
      reads.count += 1
      return sorted.filter((key) => after === undefined || key < after).slice(0, piece)
    },
  }
}

test('what is merged is in order and whole, however it is cut into lists and pieces', async () => {
  const keys = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 3 }), { maxLength: 60 })
  await fc.assert(
    fc.asyncProperty(keys, fc.integer({ min: 1, max: 5 }), fc.nat(70), fc.nat(70), async (all, piece, skip, take) => {
      const parts: string[][] = [[], [], [], []]
      all.forEach((key, index) => void parts[(index * 7) % 4]?.push(key))
      const lists = parts.map((list) => sortedRowsOf(list, piece, { count: 0 }))
      const page = await pageOfSorted(
        mergeSorted(lists, (key) => key),
        skip,
        take + 1,
      )
      const sorted = [...all].sort().reverse()
      assert.deepEqual(page, sorted.slice(skip, skip + take + 1))
    }),
  )
})

test('lists that the first rows are not in are not read', async () => {
  const reads = { count: 0 }
  const lists = Array.from({ length: 1000 }, (_, index) => {
    const prefix = String(index).padStart(4, '0')
    return sortedRowsOf([`${prefix}a`, `${prefix}b`, `${prefix}c`], 10, reads)
  })
  assert.deepEqual(
    await pageOfSorted(
      mergeSorted(lists, (key) => key),
      0,
      4,
    ),
    ['0999c', '0999b', '0999a', '0998c'],
  )
  assert.ok(reads.count <= 4, `${reads.count} reads`)
})
