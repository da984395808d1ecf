// The rows for mails: where people go after them, examples, templates, and those that are kept for development.
import * as z from 'zod'
import * as inbox from '#domain/dev-inbox/dev-inbox.operations.ts'
import { KeptMail, KeptMailEntry } from '#domain/dev-inbox/dev-inbox.ts'
import type { MailView } from '#domain/mail/mail.ts'
import * as settings from '#domain/mail-settings/mail-settings.operations.ts'
import { MailSettingsView } from '#domain/mail-settings/mail-settings.ts'
import * as templates from '#domain/mail-template/mail-template.operations.ts'
import { TEMPLATE_KINDS, type TemplatePreview, TemplateView } from '#domain/mail-template/mail-template.ts'
import { jsonOf } from '#kernel/field.ts'
import { type Codec, isObject } from '../codec.ts'
import type { ActorAndScope, Route, WireRequest } from '../surface.ts'
import { bounded, computed, json, list, noContent, ok, representation, row, whole } from './dialect.ts'

const redirects = representation(MailSettingsView, {
  pick: ['verifyRedirectUrl', 'resetRedirectUrl', 'magicLinkRedirectUrl', 'inviteRedirectUrl'],
})

/** What the document calls our kinds of mails; the others have our names. */
const IDS: Readonly<Record<string, string>> = {
  email_sign_in: 'magic_link',
  email_verification: 'verify_email',
  invitation: 'organization_invitation',
  password_recovery: 'password_reset',
}
const idOf = (kind: string) => IDS[kind] ?? kind
const kind: Codec = {
  schema: z.string().max(50),
  encode: idOf,
  decode: (sent) => TEMPLATE_KINDS.find((each) => idOf(each) === sent),
}

/** SharkAuth’s variables, and ours. A text may name either. */
const VARIABLES: Readonly<Record<string, string>> = {
  ...{ AppName: 'realm', UserEmail: 'account', Role: 'role', OrgName: 'organization', InviterEmail: 'inviter' },
  ...{ MagicLinkURL: 'link', ResetURL: 'link', VerifyURL: 'link', AcceptURL: 'link', Link: 'link' },
}
const ours = (text: unknown) =>
  typeof text === 'string'
    ? text.replace(/\{\{\s*\.(\w{1,40})\s*\}\}/g, (whole, name: string) =>
        Object.hasOwn(VARIABLES, name) ? `{{ ${VARIABLES[name]} }}` : whole,
      )
    : text
const text = (longest: number): Codec => ({ schema: z.string().max(longest), decode: ours })
const texts: Codec = {
  schema: z.array(z.string().max(2000)).max(20),
  decode: (sent) => (Array.isArray(sent) ? sent.map(ours) : sent),
}
/** Paragraphs as one text with a line for each. */
const lines: Codec = {
  schema: z.string().max(20_000),
  encode: (paragraphs: readonly string[]) => paragraphs.join('\n'),
  decode: (sent) => (typeof sent === 'string' ? String(ours(sent)).split('\n') : sent),
}
const template = representation(
  TemplateView,
  {
    pick: ['kind', 'subject', 'preheader', 'heading', 'paragraphs', 'actionLabel', 'closing', 'html', 'updatedAt'],
    names: {
      ...{ kind: 'id', heading: 'header_text', paragraphs: 'body_paragraphs', actionLabel: 'cta_text' },
      ...{ closing: 'footer_text', html: 'html_body' },
    },
    codecs: {
      ...{ kind, subject: text(300), preheader: text(300), heading: text(300), actionLabel: text(200) },
      ...{ paragraphs: texts, closing: lines, html: { ...text(50_000), schema: z.string().max(50_000).nullable() } },
    },
  },
  { cta_url_template: computed(z.string(), () => '{{ link }}') },
)

const mail = { names: { recipient: 'to' } } as const
const entry = representation(KeptMailEntry, { ...mail, omit: ['kind'] })
const kept = representation(KeptMail, { ...mail, omit: ['kind'] })

const shown = { subject: z.string(), html: z.string() }
const preview = json(z.object(shown), ({ subject, html }: TemplatePreview) => ({ subject, html }))
const named = json(z.object({ template: z.string(), ...shown }), ({ subject, html }: TemplatePreview, { params }) => ({
  ...{ template: params.template ?? '', subject, html },
}))
const status = json(z.object({ status: z.literal('sent') }), (_mail: MailView) => ({ status: 'sent' as const }))
const sent = json(z.object({ sent: z.literal(true), to: z.string() }), ({ recipient }: MailView) => ({
  ...{ sent: true as const, to: recipient },
}))

/** Templates in the realm’s own language: the document has one of each. */
const inItsLanguage = (_request: WireRequest, { scope }: ActorAndScope) => ({
  language: scope.realm?.defaultLanguage ?? 'en',
})

/** Values by the names of variables, as the list that the operation takes. */
const sample: Codec = {
  schema: z.record(z.string(), z.string()).meta(jsonOf(10_000)),
  decode: (given) =>
    isObject(given)
      ? Object.entries(given).map(([name, value]) => ({ name: VARIABLES[name] ?? name, value: String(value) }))
      : given,
}
const about = { pick: [], path: { id: 'kind' }, codecs: { kind }, fixed: inItsLanguage } as const
const ADMIN = '/api/v1/admin'
const ITS = `${ADMIN}/email-templates/{id}`

/** Mails (SharkAuth, “Email Config & Dev Inbox”, “Email Templates”). */
export const emailRoutes: readonly Route[] = [
  row(`GET ${ADMIN}/email-config`, settings.mailSettingsGet, ok(redirects)),
  row(`PATCH ${ADMIN}/email-config`, settings.mailSettingsUpdate, ok(redirects)),
  row(`POST ${ADMIN}/test-email`, templates.mailTemplateTest, sent, {
    ...{ pick: ['recipient'], names: { recipient: 'to' } },
    fixed: (request, given) => ({ kind: 'email_verification' as const, ...inItsLanguage(request, given) }),
  }),
  row(`GET ${ADMIN}/email-preview/{template}`, templates.mailTemplatePreview, named, {
    ...about,
    path: { template: 'kind' },
  }),
  row(`GET ${ADMIN}/dev/emails`, inbox.devInboxList, list(entry, 'data', bounded(100, 200)), { pick: [] }),
  row(`GET ${ADMIN}/dev/emails/{id}`, inbox.devInboxGet, ok(kept)),
  row(`DELETE ${ADMIN}/dev/emails`, inbox.devInboxClear, noContent),

  row(`GET ${ADMIN}/email-templates`, templates.mailTemplateList, list(template, 'data', whole), {
    ...{ pick: [], fixed: inItsLanguage },
  }),
  row(`GET ${ITS}`, templates.mailTemplateGet, ok(template), about),
  row(`PATCH ${ITS}`, templates.mailTemplateUpdate, ok(template), { path: about.path, fixed: inItsLanguage }),
  row(`POST ${ITS}/preview`, templates.mailTemplatePreview, preview, {
    ...about,
    ...{ pick: ['values'], names: { values: 'sample_data' }, codecs: { kind, values: sample } },
  }),
  row(`POST ${ITS}/send-test`, templates.mailTemplateTest, status, {
    ...about,
    ...{ pick: ['recipient'], names: { recipient: 'to_email' } },
  }),
  row(`POST ${ITS}/reset`, templates.mailTemplateReset, ok(template), about),
]
