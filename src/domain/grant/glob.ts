// Compares texts with patterns of the form that shells know: `*`, `?` and `[a-c]`.

/**
 * Whether a text matches a pattern as a whole; upper and lower case differ. It takes at most the product of both lengths.
 * A bracket that is not closed stands for itself.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  const parts = partsOf(pattern)
  // The part and the character from which the comparison goes on where the last `*` has to be longer.
  let [part, at, starPart, starAt] = [0, 0, -1, 0]
  while (at < text.length) {
    const wanted = parts[part]
    if (wanted === '*') {
      starPart = part++
      starAt = at
    } else if (wanted?.(text.charAt(at))) {
      part++
      at++
    } else if (starPart >= 0) {
      part = starPart + 1
      at = ++starAt
    } else return false
  }
  return parts.slice(part).every((rest) => rest === '*')
}

type Part = '*' | ((character: string) => boolean)

function partsOf(pattern: string): Part[] {
  const parts: Part[] = []
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern.charAt(at)
    const end = character === '[' ? pattern.indexOf(']', at + 2) : -1
    if (character === '*') parts.push('*')
    else if (character === '?') parts.push(() => true)
    else if (end > 0) {
      parts.push(setOf(pattern.slice(at + 1, end)))
      at = end
    } else parts.push((other) => other === character)
  }
  return parts
}

function setOf(inside: string): (character: string) => boolean {
  const isNegated = /^[!^]/.test(inside)
  const ranges: [string, string][] = []
  for (let at = isNegated ? 1 : 0; at < inside.length; at++) {
    const from = inside.charAt(at)
    const isRange = inside.charAt(at + 1) === '-' && at + 2 < inside.length
    ranges.push([from, isRange ? inside.charAt(at + 2) : from])
    if (isRange) at += 2
  }
  return (character) => ranges.some(([from, to]) => character >= from && character <= to) !== isNegated
}
