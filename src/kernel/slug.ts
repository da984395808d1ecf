/** Owns the slugs that the server generates. */
import { ownerSlug } from './field.ts'
import { foldCase } from './fold-case.ts'

/** The characters of a random slug. */
export const SLUG_LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789'

/** Makes a slug from a name; undefined if the name has too few Latin letters and digits. */
export function slugFrom(name: string): string | undefined {
  const plain = foldCase(name).normalize('NFKD').replace(/\p{M}/gu, '')
  const words = plain
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 63)
    .replace(/^-+|-+$/g, '')
  return ownerSlug.safeParse(words).success ? words : undefined
}
