// Owns the check that a test which loops over a list checks something.

/**
 * A list that a test loops over.
 * @param what the list holds, for the message
 * @throws Error where the list is empty, because the test would then pass without checking anything
 */
export function nonEmpty<Item>(items: readonly Item[], what: string): readonly Item[] {
  if (items.length === 0) throw new Error(`There is nothing to test: ${what} is an empty list.`)
  return items
}
