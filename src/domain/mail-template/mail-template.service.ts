// Decides about the templates of mails: which one there is, whether a new one can be used, and what it looks like.
import { Failure } from '#kernel/error.ts'
import { type Language, loadLanguage } from '#language/language.ts'
import type { Context, Unit } from '../context.ts'
import type { LetterFrame } from '../mail/letter.ts'
import { dressedIn } from '../mail/look.ts'
import { checkSendsMail, prepareMail } from '../mail/mail.service.ts'
import { MAIL_PATIENCE, type MailView, viewMail } from '../mail/mail.ts'
import { realmOf } from '../realm/realm.service.ts'
import { definedOnly } from '../update.ts'
import { checkTemplate } from './check-template.ts'
import { builtInTemplate, exampleFrame, variablesOf } from './kinds.ts'
import {
  type MailTemplate,
  TEMPLATE_KINDS,
  type TemplateContent,
  type TemplateKey,
  type TemplateKind,
  type TemplatePatch,
  type TemplatePreview,
  type TemplatePreviewRequest,
  type TemplateTest,
  type TemplateView,
} from './mail-template.ts'
import { writeByTemplate } from './write-by-template.ts'

type Known = Pick<MailTemplate, 'content' | 'version' | 'updatedAt'> | undefined

/** The templates of one language, one for each kind of mail. */
export async function listTemplates(
  { read, scope }: Context,
  query: { readonly language?: TemplateKey['language'] | undefined },
): Promise<{ data: TemplateView[]; nextCursor: null }> {
  const realm = realmOf(scope)
  const language = await loadLanguage(query.language ?? realm.defaultLanguage)
  const own = new Map((await read.mailTemplates.allIn(realm.id, language.tag)).map((one) => [one.kind, one]))
  return { data: TEMPLATE_KINDS.map((kind) => viewOf(kind, language, own.get(kind))), nextCursor: null }
}

/** The template that mails are written by: the realm’s own, or that of the server. */
export async function getTemplate({ read, scope }: Context, { kind, language }: TemplateKey): Promise<TemplateView> {
  const own = await read.mailTemplates.find(realmOf(scope).id, { kind, language })
  return viewOf(kind, await loadLanguage(language), own)
}

/**
 * Changes a template; the first change makes it the realm’s own.
 * @throws Failure `invalid_input` with the line and the reason, `precondition_failed`
 */
export async function updateTemplate(
  context: Context,
  { kind, language: tag, ifVersion, ...patch }: TemplatePatch,
): Promise<TemplateView> {
  const language = await loadLanguage(tag)
  const changes = definedOnly(patch)
  await checkTemplate(kind, exampleFrame(kind, language), changes)
  const { id: realmId, tenantId } = realmOf(context.scope)
  const [now, key] = [context.clock.now(), { kind, language: tag }]
  return context.write(async (unit) => {
    const before = await unit.mailTemplates.lock(realmId, key)
    const version = before?.version ?? 0
    if (ifVersion !== undefined && ifVersion !== version) throw new Failure('precondition_failed')
    const old = before?.content ?? builtInTemplate(kind, language)
    const changed = Object.keys(changes).filter((name) => !isSame(old, changes, name as keyof TemplateContent))
    if (changed.length === 0) return viewOf(kind, language, before)
    const times = { createdAt: before?.createdAt ?? now, updatedAt: now }
    const template = { ...key, realmId, tenantId, content: { ...old, ...changes }, version: version + 1, ...times }
    if (!(await unit.mailTemplates.save(template))) throw new Failure('precondition_failed')
    emitEvent(unit, 'mail_template.updated', realmId, key, { changed })
    return viewOf(kind, language, template)
  })
}

function isSame(old: TemplateContent, changes: Partial<TemplateContent>, name: keyof TemplateContent): boolean {
  return JSON.stringify(old[name]) === JSON.stringify(changes[name])
}

/** Deletes the realm’s own template, so that mails are written by that of the server again. */
export async function resetTemplate(context: Context, key: TemplateKey): Promise<TemplateView> {
  const realmId = realmOf(context.scope).id
  const language = await loadLanguage(key.language)
  await context.write(async (unit) => {
    if (await unit.mailTemplates.delete(realmId, key)) emitEvent(unit, 'mail_template.reset', realmId, key)
  })
  return viewOf(key.kind, language, undefined)
}

/**
 * What a mail would look like, with examples as values.
 * @param request the members that are tried instead of the stored ones
 * @throws Failure `invalid_input` with the line and the reason
 */
export async function previewTemplate(
  context: Context,
  { kind, language: tag, values, ...draft }: TemplatePreviewRequest,
): Promise<TemplatePreview> {
  const language = await loadLanguage(tag)
  const frame = exampleFrame(kind, language)
  const changes = definedOnly(draft)
  await checkTemplate(kind, frame, changes)
  const content = { ...(await contentFor(context, { kind, language: tag }, language)), ...changes }
  const chosen = Object.fromEntries(values.map(({ name, value }) => [name, value]))
  const unknown = Object.keys(chosen).find((name) => !Object.hasOwn(frame.values, name))
  if (unknown !== undefined)
    throw new Failure('invalid_input', { flaws: [{ path: 'values', message: `not a variable: ${unknown}` }] })
  const written = await writeByTemplate(kind, content, { ...frame, values: { ...frame.values, ...chosen } })
  return { ...written, ...(await dressedIn(context, written)) }
}

/**
 * Sends an example of a mail.
 * @throws Failure `conflict` if no mail is sent, `too_many_requests`
 */
export async function sendTemplateTest(context: Context, { recipient, ...key }: TemplateTest): Promise<MailView> {
  checkSendsMail(context)
  const language = await loadLanguage(key.language)
  const own = await context.read.mailTemplates.find(realmOf(context.scope).id, key)
  const content = own?.content ?? builtInTemplate(key.kind, language)
  const written = await writeByTemplate(key.kind, content, exampleFrame(key.kind, language))
  const expiresAt = context.clock.now() + MAIL_PATIENCE
  const address = { kind: 'test' as const, aboutId: null, recipient, expiresAt }
  const mail = {
    ...(await prepareMail(context, address, written)),
    template: own ? ('own' as const) : ('built_in' as const),
  }
  await context.write(async (unit) => {
    await unit.mails.insert(mail)
    emitEvent(unit, 'mail_template.tested', mail.realmId, key, { recipient })
  })
  return viewMail(mail)
}

async function contentFor({ read, scope }: Context, key: TemplateKey, language: Language): Promise<TemplateContent> {
  const own = await read.mailTemplates.find(realmOf(scope).id, key)
  return own?.content ?? builtInTemplate(key.kind, language)
}

function viewOf(kind: TemplateKind, language: Language, own: Known): TemplateView {
  const frame: LetterFrame = exampleFrame(kind, language)
  return {
    kind,
    language: language.tag,
    isOwn: own !== undefined,
    ...(own?.content ?? builtInTemplate(kind, language)),
    variables: variablesOf(kind, frame),
    version: own?.version ?? 0,
    updatedAt: own?.updatedAt ?? null,
  }
}

function emitEvent(
  unit: Unit,
  type: 'mail_template.updated' | 'mail_template.reset' | 'mail_template.tested',
  realmId: string,
  { kind, language }: TemplateKey,
  data: Readonly<Record<string, unknown>> = {},
): void {
  const id = `${kind}/${language}`
  unit.emit(type, { subject: { type: 'mail_template', id, label: id }, realmId, data: { kind, language, ...data } })
}
