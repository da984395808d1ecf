// Cleans texts from others, so that they cannot change how a page looks.

// Controls, bidirectional overrides, zero-width characters and tags (Cc, Cf), lone surrogates (Cs), private use (Co).
const invisible = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}]/gu
// Letters that draw nothing: the Hangul fillers and the Braille blank.
const blank = /[\s\u115f\u1160\u2800\u3164\uffa0]+/gu
const towers = /(\p{M}{3})\p{M}+/gu

/**
 * The text in one line, without characters that are invisible, change the order of other characters or overlap other
 * lines. Input of any length, at most `limit` code points of output; an ellipsis replaces the rest.
 */
export function plainText(text: string, limit = 80): string {
  const clean = visible(text.slice(0, limit * 8))
  const points = [...clean]
  return points.length > limit
    ? `${points
        .slice(0, limit - 1)
        .join('')
        .trimEnd()}…`
    : clean
}

/** The same as {@link plainText} for the value of an input field: at most `limit` UTF-16 units, without an ellipsis. */
export function plainValue(text: string, limit = 320): string {
  return visible(text.slice(0, limit))
}

/** A host name whole if it is one, else its last 253 characters: the end of a host says whose it is. */
export function plainHost(host: string): string {
  const clean = visible(host.slice(-1024))
  return clean.length > 253 ? `…${clean.slice(-253)}` : clean
}

function visible(text: string): string {
  return text
    .replace(/[\t\n\r]/g, ' ')
    .replace(invisible, '')
    .replace(blank, ' ')
    .replace(towers, '$1')
    .trim()
}
