// Owns documents of the pages that are only a form or a message, in any language.
import { accountDeletion } from '#pages/views/account-deletion.ts'
import type { Field } from '#pages/views/form.ts'
import { formPage } from '#pages/views/form-page.ts'
import type { Frame } from '#pages/views/layout.ts'
import { html } from '#pages/views/markup.ts'
import { message } from '#pages/views/message.ts'

/** One document of each, by name. */
export function formPagesIn(frame: Frame, email: string): Readonly<Record<string, string>> {
  const { form, signUp, mailed, recovery, external } = frame.language.messages
  const own = { frame, action: '/here', hidden: { csrf: 'c' } }
  const address: Field = { name: 'email', label: form.email, type: 'text', autocomplete: 'username' }
  const password: Field = {
    ...{ name: 'password', label: form.newPassword, type: 'password', autocomplete: 'new-password' },
    ...{ hint: form.passwordRule(15), minLength: 15 },
  }
  const known: Field = { ...address, value: email, readonly: true }
  const name: Field = { name: 'name', label: form.nameOptional, type: 'text', autocomplete: 'name', optional: true }
  const quoted = html`<bdi>${email}</bdi>`
  return {
    'sign-up': formPage({
      ...own,
      title: signUp.title,
      paragraphs: [signUp.lead],
      fields: [address],
      submit: mailed.sendMail,
      aside: { href: '/sign-in', label: signUp.haveAccount },
    }),
    'sign-up-domains': formPage({
      ...own,
      title: signUp.title,
      paragraphs: [signUp.lead],
      problem: signUp.domains,
      fields: [address],
      submit: mailed.sendMail,
    }),
    'new-account': formPage({
      ...own,
      title: signUp.title,
      paragraphs: [],
      fields: [known, name, password],
      submit: form.proceed,
    }),
    recovery: formPage({
      ...own,
      title: recovery.title,
      paragraphs: [recovery.lead],
      fields: [address],
      submit: mailed.sendMail,
    }),
    'new-password': formPage({
      ...own,
      title: recovery.setTitle,
      paragraphs: [recovery.setLead],
      fields: [known, password],
      submit: recovery.set,
    }),
    'mail-sent': message({
      frame,
      title: mailed.mailboxTitle,
      paragraphs: [html`<strong>${quoted}</strong>`, recovery.sent],
      other: { href: '/forgot', label: mailed.newLink },
    }),
    'external-failed': message({
      frame,
      title: external.failedTitle,
      paragraphs: [external.failed(html`<bdi>Acme</bdi>`), external.help(html`<code>h4k2-tjq0s0-17</code>`)],
      next: { href: '/sign-in', label: external.back },
    }),
    'account-deletion': accountDeletion({
      ...{ frame, action: '/here', csrf: 'c', base: '', problem: undefined, isDone: false },
      email,
    }),
  }
}
