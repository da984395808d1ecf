// The page with one form.
import { type Field, field, hidden, submit } from './form.ts'
import { type Frame, pageText, tabTitle } from './layout.ts'
import { type Content, html } from './markup.ts'
import { problemNotice } from './notice.ts'
import { plainText } from './plain-text.ts'
import { type ProofProps, proofFields } from './proof.ts'

export interface FormPageProps {
  readonly frame: Frame
  readonly title: string
  /** Sentences, a paragraph each. */
  readonly paragraphs: readonly Content[]
  /** Why the form is shown again: a sentence. */
  readonly problem?: string | undefined
  /** The name of the field that the problem is about. Default: the last one. */
  readonly problemAt?: string | undefined
  /** Where the form is posted: a path on this server. */
  readonly action: string
  /** What the form posts besides its fields. */
  readonly hidden: Readonly<Record<string, string | undefined>>
  readonly fields: readonly Field[]
  /** What stands between the fields and the button. */
  readonly box?: Content
  /** The text of the button. */
  readonly submit: string
  /** Another way: a path on this server. */
  readonly aside?: { readonly href: string; readonly label: string } | undefined
  /** The proof of work that the form asks for. */
  readonly proof?: ProofProps | undefined
  /** What stands below the form. */
  readonly more?: Content
}

/** A page with a title, some sentences and a form. */
export function formPage(props: FormPageProps): string {
  const { fields, problem, aside } = props
  const meant = props.problemAt ?? fields.at(-1)?.name
  const title = plainText(props.title, 120)
  const content = html`<div class="stack">
    <div class="heading">
      <h1>${title}</h1>
      ${props.paragraphs.map((paragraph) => html`<p class="lead">${paragraph}</p>`)}
    </div>
    ${problemNotice(problem && plainText(problem, 240))}
    <form class="stack" method="post" action=${props.action}>
      ${hidden(props.hidden)}
      ${fields.map((one) =>
        field({
          ...one,
          ...(problem && one.name === meant && { problem: undefined, problemId: 'problem', invalid: true }),
        }),
      )}
      ${props.box}
      ${proofFields(props, props.proof)}
      <div class="actions">${submit('primary', props.submit)}</div>
    </form>
    ${props.more}
    ${aside && html`<p class="aside"><a href=${aside.href}>${aside.label}</a></p>`}
  </div>`
  return pageText({ frame: props.frame, title: tabTitle(props, title, Boolean(problem)), content })
}
