// The templates of mails: what a realm writes in its mails instead of what the server does.
import * as z from 'zod'
import { emailAddress, ifVersion, time } from '#kernel/field.ts'
import { LANGUAGE_TAGS, type LanguageTag } from '#language/languages.ts'
import { MAIL_KINDS, type MailKind } from '../mail/mail.ts'

/** The kinds of mails that have a template: all but those that only try something. */
export type TemplateKind = Exclude<MailKind, 'test' | 'sms'>
export const TEMPLATE_KINDS = MAIL_KINDS.filter((kind): kind is TemplateKind => kind !== 'test' && kind !== 'sms')

const line = (longest: number) => z.string().max(longest)
const lines = (longest: number, most: number) => z.array(line(longest)).max(most)

const content = {
  subject: line(300).min(1).describe('The subject.'),
  preheader: line(300).describe('What mail programs show beside the subject in lists; empty for nothing.'),
  heading: line(300).min(1).describe('The heading.'),
  paragraphs: lines(2000, 20).describe('What the mail says, above the facts and the link.'),
  actionLabel: line(200).min(1).describe('The words of the link.'),
  closing: lines(2000, 10).describe('What it says below the link, in small letters. Empty paragraphs are left out.'),
  html: z
    .string()
    .max(50_000)
    .nullable()
    .describe(
      'The whole mail as HTML, instead of the layout of the server; null for the layout. Values are escaped in it.',
    ),
  text: z.string().max(20_000).nullable().describe('The whole mail as plain text; null for the layout.'),
}

/** The content of a template. Every text in it is LiquidJS. */
export const TemplateContent = z.strictObject(content)
export type TemplateContent = z.output<typeof TemplateContent>

const kind = z.enum(TEMPLATE_KINDS as [TemplateKind, ...TemplateKind[]]).describe('The purpose of the mail.')
const language = z.enum(LANGUAGE_TAGS).describe('The language of the mail.')

/** Which template. */
export const TemplateKey = z.strictObject({ kind, language })
export type TemplateKey = z.output<typeof TemplateKey>

export const TemplateListQuery = z.strictObject({
  language: language.optional().describe('By default the default language of the realm.'),
})

/** A change: absent members stay as they are. */
export const TemplatePatch = z.strictObject({ ...TemplateKey.shape, ...TemplateContent.partial().shape, ifVersion })
export type TemplatePatch = z.output<typeof TemplatePatch>

const values = z
  .array(z.strictObject({ name: z.string().max(50), value: z.string().max(500) }))
  .max(20)
  .default([])
  .describe('Values of variables instead of the examples.')

export const TemplatePreviewRequest = z.strictObject({
  ...TemplateKey.shape,
  ...TemplateContent.partial().shape,
  values,
})
export type TemplatePreviewRequest = z.output<typeof TemplatePreviewRequest>

export const TemplatePreview = z.object({ subject: z.string(), html: z.string(), text: z.string() })
export type TemplatePreview = z.output<typeof TemplatePreview>

export const TemplateTest = z.strictObject({ ...TemplateKey.shape, recipient: emailAddress })
export type TemplateTest = z.output<typeof TemplateTest>

/** The schema of a template in admin responses. */
export const TemplateView = z.object({
  kind,
  language,
  isOwn: z.boolean().describe('Whether the realm has a template of its own. Otherwise, this is that of the server.'),
  ...content,
  variables: z.array(
    z.object({
      name: z.string(),
      description: z.string(),
      example: z.string(),
      required: z.boolean().describe('Whether html and text have to have it.'),
    }),
  ),
  version: z.number().int().describe('0 for the template of the server.'),
  updatedAt: time.nullable(),
})
export type TemplateView = z.output<typeof TemplateView>

/** A template that a realm has stored. */
export interface MailTemplate {
  readonly realmId: string
  readonly kind: TemplateKind
  readonly language: LanguageTag
  readonly tenantId: string
  readonly content: TemplateContent
  readonly version: number
  readonly createdAt: number
  readonly updatedAt: number
}
