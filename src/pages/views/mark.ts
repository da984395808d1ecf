// The logo and the pattern of the pages, as SVG.
import { html, type Markup } from './markup.ts'

// Two ticks that cross: one made by each party.
const first = 'M7.5 16.5 13 22.5 24.5 9.5'
const second = 'M24.5 16.5 19 22.5 7.5 9.5'

/** The countersign mark for the head of a page; decoration, so hidden from assistive technology. */
export function mark(): Markup {
  return html`<svg class="mark" viewBox="0 0 32 32" width="32" height="32" aria-hidden="true" focusable="false">
    <rect class="mark-field" width="32" height="32" rx="9" />
    <path class="mark-under" d=${second} />
    <path class="mark-over" d=${first} />
  </svg>`
}

/** The same mark as a file of its own, for the browser's tab. */
export const MARK_SVG = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<rect width="32" height="32" rx="9" fill="#0b5a54"/>
<g fill="none" stroke-width="3.2" stroke-linecap="round" stroke-linejoin="round">
<path d="${second}" stroke="#7cc7ba"/><path d="${first}" stroke="#fff"/></g></svg>`

/**
 * A strip of guilloche, the woven lines of banknotes and countersigned cheques, as a tile that repeats sideways.
 * Drawn in black: the stylesheet uses it as a mask, so that it takes the colour of the theme.
 */
export const GUILLOCHE_SVG = guilloche(128, 22, 10)

function guilloche(width: number, height: number, lists: number): string {
  const middle = height / 2
  const paths = Array.from({ length: lists }, (_, list) => {
    const phase = (2 * Math.PI * list) / lists
    const points = Array.from({ length: width / 2 + 1 }, (_, step) => {
      const turn = (4 * Math.PI * step) / width
      const reach = (middle - 0.5) * (0.56 + 0.44 * Math.cos(turn))
      return `${step * 2} ${(middle + reach * Math.sin(2 * turn + phase)).toFixed(1)}`
    })
    return `M${points.join('L')}`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
<path d="${paths.join('')}" fill="none" stroke="#000" stroke-width=".6"/></svg>`
}
