// Notices with an icon, such as a problem in a form.
import { type Content, html, type Markup } from './markup.ts'

/** How serious a notice is; each tone has its own sign, so that none is told by colour alone. */
export type Tone = 'problem' | 'caution' | 'good'

const signs: Readonly<Record<Tone, string>> = {
  problem: 'M12 7v6m0 3.6v.1M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z',
  caution: 'M12 9.5v4.5m0 3v.1M12 3.6 2.6 20h18.8L12 3.6Z',
  good: 'm8 12.4 2.8 2.8L16.2 9M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z',
}

/** The sign of a tone as a small picture, hidden from assistive technology. */
export function sign(tone: Tone): Markup {
  return html`<svg class="sign" viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" focusable="false">
    <path d=${signs[tone]} />
  </svg>`
}

/** The notice of what is wrong with a form, to which its fields refer as `problem`. @param text undefined for nothing wrong */
export function problemNotice(text: Content): Content {
  return text && notice('problem', html`<p>${text}</p>`, 'problem')
}

/** A framed remark. A `problem` is an alert region. `id` lets fields refer to it. */
export function notice(tone: Tone, content: Content, id?: string): Markup {
  return html`<div class=${`notice ${tone}`} id=${id} role=${tone === 'problem' ? 'alert' : undefined}>
    ${sign(tone)}
    <div>${content}</div>
  </div>`
}
