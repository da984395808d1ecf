// One list out of many that are each in order already: the newest rows of many tenants, without reading all of any.

/** A list in descending order of its keys, read piece by piece. */
export interface Strand<Row> {
  /** No key in it is greater. */
  readonly bound: string
  /** @param after the key of the last row that was read; undefined at the beginning. @returns no rows at the end */
  readonly read: (after: Row | undefined) => Promise<readonly Row[]>
}

interface Reading<Row> {
  readonly strand: Strand<Row>
  /** What was read and not handed on yet, its first row last. */
  rows: Row[]
  last: Row | undefined
  key: string
}

/**
 * The rows of all strands in descending order of their keys. A strand is read only once every greater key was handed on,
 * so that the first few rows cost about as many reads as there are strands that they are in.
 * @param keyOf keys are compared as text
 */
export async function* merged<Row>(
  strands: readonly Strand<Row>[],
  keyOf: (row: Row) => string,
): AsyncGenerator<Row, void> {
  const readings = strands.map((strand): Reading<Row> => ({ strand, rows: [], last: undefined, key: strand.bound }))
  readings.sort((left, right) => (left.key < right.key ? -1 : 1))
  for (let next = readings.pop(); next; next = readings.pop()) {
    const row = next.rows.pop()
    if (row !== undefined) {
      yield row
      next.key = keyOf(next.rows.at(-1) ?? row)
    } else {
      next.rows = [...(await next.strand.read(next.last))].reverse()
      const [last] = next.rows
      const first = next.rows.at(-1)
      if (last === undefined || first === undefined) continue
      next.last = last
      next.key = keyOf(first)
    }
    putBack(readings, next)
  }
}

/** A page out of a merged list. */
export async function pageOfMerged<Row>(rows: AsyncGenerator<Row, void>, skip: number, take: number): Promise<Row[]> {
  const page: Row[] = []
  let at = 0
  for await (const row of rows) {
    if (at++ >= skip) page.push(row)
    if (page.length === take) break
  }
  return page
}

/** Puts a reading where its key belongs; of two with one key, the one that has rows comes first. */
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
