// Prepares external text for a terminal: removes control characters and measures its width.

// Control characters move the cursor, and direction marks change the order of displayed text (Unicode TR36 §3.1).
const UNSAFE = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u
// Combining marks and format characters, such as joiners.
const NO_WIDTH = /\p{M}|\p{Cf}/u

/** A text without control characters; line ends become spaces. */
export function harmless(text: string): string {
  return text.replaceAll(/[\r\n\t]+/g, ' ').replaceAll(UNSAFE, '\ufffd')
}

/** A value as JSON, with control characters escaped, so that a terminal does not interpret them. */
export function json(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, null, indent)
  return text.replaceAll(/[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, (letter) => {
    return `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

/** The width of a text in columns. */
export function widthOf(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length
  let width = 0
  for (const letter of text) width += NO_WIDTH.test(letter) ? 0 : WIDE.test(letter) ? 2 : 1
  return width
}

/** Cuts a text to a maximum width; a cut text ends with an ellipsis. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  let kept = ''
  let left = width - 1
  for (const letter of text) {
    left -= widthOf(letter)
    if (left < 0) break
    kept += letter
  }
  return `${kept}…`
}

/** Adds spaces to a text up to a width. */
export function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)))
}

/** Breaks a text between words into lines of a maximum width. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1)
    if (last !== undefined && widthOf(last) + 1 + widthOf(word) <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}
