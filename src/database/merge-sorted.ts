// Merges lists that are each in order, so that the newest rows of many tenants are found without reading all of any.

/** A list in descending order of its keys, read piece by piece. */
export interface SortedList<Row> {
  /** No key of the list is greater. */
  readonly bound: string
  /** @param after the key of the last row that was read; undefined at the beginning. @returns no rows at the end */
  readonly read: (after: Row | undefined) => Promise<readonly Row[]>
}

interface Reading<Row> {
  readonly list: SortedList<Row>
  /** What was read and not yet returned, in reverse order. */
  rows: Row[]
  last: Row | undefined
  key: string
}

/**
 * The rows of all lists in descending order of their keys. A list is read only once every greater key was returned, so
 * that the first rows cost about as many reads as there are lists that contain them.
 * @param keyOf keys are compared as text
 */
export async function* mergeSorted<Row>(
  lists: readonly SortedList<Row>[],
  keyOf: (row: Row) => string,
): AsyncGenerator<Row, void> {
  const readings = lists.map((list): Reading<Row> => ({ list, rows: [], last: undefined, key: list.bound }))
  readings.sort((left, right) => (left.key < right.key ? -1 : 1))
  for (let next = readings.pop(); next; next = readings.pop()) {
    const row = next.rows.pop()
    if (row !== undefined) {
      yield row
      next.key = keyOf(next.rows.at(-1) ?? row)
    } else {
      next.rows = [...(await next.list.read(next.last))].reverse()
      const [last] = next.rows
      const first = next.rows.at(-1)
      if (last === undefined || first === undefined) continue
      next.last = last
      next.key = keyOf(first)
    }
    putBack(readings, next)
  }
}

/** One page of a merged list. */
export async function pageOfSorted<Row>(rows: AsyncGenerator<Row, void>, skip: number, take: number): Promise<Row[]> {
  const page: Row[] = []
  let at = 0
  for await (const row of rows) {
    if (at++ >= skip) page.push(row)
    if (page.length === take) break
  }
  return page
}

/** Inserts a reading in the order of the keys; of two with the same key, the one that has rows comes first. */
function putBack<Row>(readings: Reading<Row>[], one: Reading<Row>): void {
  let low = 0
  let high = readings.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const other = readings[middle]
    if (other && (other.key < one.key || (other.key === one.key && one.rows.length > 0))) low = middle + 1
    else high = middle
  }
  readings.splice(low, 0, one)
}
