import { slug } from './field.ts'
import { foldCase } from './fold-case.ts'

/** What a slug that nobody chose is drawn from. */
export const SLUG_LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789'

/** A slug from a name; undefined where too little of it is Latin letters and digits. */
export function slugFrom(name: string): string | undefined {
  const plain = foldCase(name).normalize('NFKD').replace(/\p{M}/gu, '')
  const words = plain
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 63)
    .replace(/^-+|-+$/g, '')
  return slug.safeParse(words).success ? words : undefined
}
