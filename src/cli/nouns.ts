// Owns the order of the nouns in the help.
import { NOUN_GROUPS } from '#surfaces/native/nouns.ts'

const LINES: ReadonlyMap<string, string> = new Map(Object.values(NOUN_GROUPS).flatMap((nouns) => Object.entries(nouns)))

/** The description of a noun; undefined if it has none. */
export function lineOf(noun: string): string | undefined {
  return LINES.get(noun)
}

/** The heading of a noun in the help. */
export function groupOf(noun: string): string {
  return Object.keys(NOUN_GROUPS).find((group) => noun in (NOUN_GROUPS[group] ?? {})) ?? 'More'
}

/** Sorts nouns in the order of the help. */
export function inOrder(nouns: Iterable<string>): string[] {
  const order = [...LINES.keys()]
  const rank = (noun: string) => (order.includes(noun) ? order.indexOf(noun) : order.length)
  return [...new Set(nouns)].sort((left, right) => rank(left) - rank(right) || (left < right ? -1 : 1))
}
