// Shows a description with paragraphs, lists and code.
import { type Content, html } from './markup.ts'

/** A description as paragraphs, lists of lines that begin with `- `, and `code`; other Markdown stays as it is written. */
export function prose(text: string): Content {
  return text.split(/\n\s*\n/).map((block) => {
    const lines = block.trim().split('\n')
    if (lines.every((line) => /^\s*[-*] /.test(line))) {
      return html`<ul>${lines.map((line) => html`<li>${inline(line.replace(/^\s*[-*] /, ''))}</li>`)}</ul>`
    }
    return html`<p>${inline(lines.join(' '))}</p>`
  })
}

function inline(text: string): Content {
  return text.split('`').map((part, index, all) => {
    if (index % 2 === 0) return part
    return index === all.length - 1 ? `\`${part}` : html`<code>${part}</code>`
  })
}
