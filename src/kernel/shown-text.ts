// Owns how the texts of strangers are kept for operators.

/**
 * A copy of the first characters of a text, with `?` for those that a terminal must not get. V8 keeps the whole text of
 * which another is a part, so a part of a request would keep its body.
 * @param max the longest copy, in characters
 */
export function printable(text: string, max: number): string {
  const shown = text.slice(0, max).replace(/[\p{Cc}\p{Cf}\p{Cs}]/gu, '?')
  return Buffer.from(shown).toString()
}
