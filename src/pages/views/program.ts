// Says in words which program a User-Agent names.
import { browserIn } from '#domain/session/program.ts'
import { type Frame, wordsOf } from './layout.ts'
import { type Content, html } from './markup.ts'
import { plainText } from './plain-text.ts'

/** The browser and the system, such as `Firefox on Windows`; what the program calls itself where it is neither. */
export function programOf(page: { readonly frame: Frame }, userAgent: string | null): Content {
  const { browserOn, unknownProgram } = wordsOf(page, 'sessions')
  const { browser, system } = browserIn(userAgent)
  if (browser === undefined) return html`<bdi>${plainText(userAgent ?? '', 80) || unknownProgram}</bdi>`
  const named = html`<bdi>${browser}</bdi>`
  return system === undefined ? named : browserOn(named, html`<bdi>${system}</bdi>`)
}
