// Decides about the settings of a realm’s mails: whether mails could be sent by them, and whether people may be sent there.

import { changeBetween } from '#kernel/change.ts'
import { Failure, type Flaw } from '#kernel/error.ts'
import type { Context, Unit } from '../context.ts'
import { resealed } from '../kept-secret.ts'
import { realmOf } from '../realm/realm.service.ts'
import { checkUpdated, definedOnly } from '../update.ts'
import { isAllowedRedirect, REDIRECTS } from './mail-redirect.ts'
import { SECRET_PURPOSE } from './mail-sender.ts'
import {
  dayOf,
  type MailSettings,
  type MailSettingsPatch,
  type MailSettingsView,
  NO_MAIL_SETTINGS,
  type StoredMailSettings,
} from './mail-settings.ts'

const SECRET_MIN = 16

/** The settings of the realm’s mails. */
export async function getMailSettings({ read, scope, clock }: Context): Promise<MailSettingsView> {
  const { id } = realmOf(scope)
  return viewOf(await read.mailSettings.find(id), await read.mailDays.sentOn(id, dayOf(clock.now())))
}

/**
 * Changes settings; absent ones stay as they are, and so do secrets.
 * @throws Failure `invalid_input` if mails could not be sent by them, `unreachable_host`, `precondition_failed`
 */
export async function updateMailSettings(
  context: Context,
  { ifVersion, smtpPassword, httpSecret, ...patch }: MailSettingsPatch,
): Promise<MailSettingsView> {
  const { clock, crypto, network } = context
  const { id: realmId, tenantId } = realmOf(context.scope)
  const changes = definedOnly(patch)
  if (changes.httpUrl) network.checkUrl(changes.httpUrl)
  await checkRedirects(context, changes)
  const now = clock.now()
  return context.write(async (unit) => {
    const found = await unit.mailSettings.lock(realmId)
    const before = found ?? emptySettings(realmId, tenantId, now)
    if (ifVersion !== undefined && ifVersion !== before.version) throw new Failure('precondition_failed')
    const secrets = {
      smtpPassword: resealed(crypto, SECRET_PURPOSE, before.smtpPassword, smtpPassword),
      httpSecret: resealed(crypto, SECRET_PURPOSE, before.httpSecret, httpSecret),
    }
    const settings: MailSettings = { ...before.settings, ...changes } as MailSettings
    const after = { ...before, settings, ...secrets, version: before.version + 1, updatedAt: now }
    const flaws = [...flawsOf(after), ...flawsOfSecrets(before, after, { smtpPassword, httpSecret })]
    if (flaws.length > 0) throw new Failure('invalid_input', { flaws })
    if (settings.smtpHost && settings.smtpHost !== before.settings.smtpHost) {
      network.checkMailHost(settings.smtpHost, settings.smtpPort)
    }
    const sentToday = await unit.mailDays.sentOn(realmId, dayOf(now))
    const change = changeBetween(AUDITED, stateOf(before), stateOf(after))
    if (!change) return viewOf(found, sentToday)
    if (!(await unit.mailSettings.save(after))) throw new Failure('precondition_failed')
    await noteSender(unit, realmId, settings.sender, now)
    unit.emit('mail_settings.updated', {
      subject: { type: 'mail_settings', id: 'mail', label: realmOf(context.scope).name },
      realmId,
      data: { ...change },
    })
    return viewOf(after, sentToday)
  })
}

/** The realm says who sends its mails, because most requests have the realm and not its settings. */
async function noteSender(unit: Unit, realmId: string, mailSender: MailSettings['sender'], now: number): Promise<void> {
  const realm = await unit.realms.find(realmId)
  if (!realm) throw new Failure('not_found')
  if (realm.mailSender === mailSender) return
  checkUpdated(await unit.realms.update({ ...realm, mailSender, version: realm.version + 1, updatedAt: now }), '')
  const data = { changed: ['mailSender'], before: { mailSender: realm.mailSender }, after: { mailSender } }
  unit.emit('realm.updated', { subject: { type: 'realm', id: realmId, label: realm.name }, realmId, data })
}

/** URLs are recorded only by name, because they may contain a secret. */
const AUDITED = {
  ...Object.fromEntries(Object.keys(NO_MAIL_SETTINGS).map((name) => [name, 'values' as const])),
  ...Object.fromEntries(['httpUrl', 'smtpPassword', 'httpSecret', ...REDIRECTS].map((name) => [name, 'name' as const])),
}

function stateOf({ settings, smtpPassword, httpSecret }: StoredMailSettings) {
  return { ...settings, smtpPassword, httpSecret }
}

function emptySettings(realmId: string, tenantId: string, now: number): StoredMailSettings {
  const none = { settings: NO_MAIL_SETTINGS, smtpPassword: null, httpSecret: null }
  return { ...none, realmId, tenantId, version: 0, createdAt: now, updatedAt: now }
}

function flawsOf({ settings, smtpPassword, httpSecret }: StoredMailSettings): Flaw[] {
  const { sender, fromAddress, smtpHost, smtpUser, httpUrl } = settings
  const flaw = (isThere: boolean, path: string, message: string) => (isThere ? [{ path, message }] : [])
  return [
    ...flaw(sender !== 'server' && fromAddress === null, 'fromAddress', 'needed by the sender'),
    ...flaw(sender === 'smtp' && smtpHost === null, 'smtpHost', 'needed by the sender smtp'),
    ...flaw(sender === 'http' && httpUrl === null, 'httpUrl', 'needed by the sender http'),
    ...flaw(sender === 'http' && httpSecret === null, 'httpSecret', 'needed by the sender http'),
    ...flaw((smtpUser === null) !== (smtpPassword === null), 'smtpPassword', 'needed with smtp_user, and only then'),
  ]
}

/** A stored secret goes nowhere else than where it was given for: whoever knows it not must not learn it by a new address. */
function flawsOfSecrets(
  before: StoredMailSettings,
  after: StoredMailSettings,
  given: Pick<MailSettingsPatch, 'smtpPassword' | 'httpSecret'>,
): Flaw[] {
  const isMoved = (...names: (keyof MailSettings)[]) =>
    names.some((name) => before.settings[name] !== after.settings[name])
  const flaws: Flaw[] = []
  const message = 'to be given again for another server'
  if (after.smtpPassword !== null && given.smtpPassword === undefined && isMoved('smtpHost', 'smtpPort', 'smtpTls'))
    flaws.push({ path: 'smtpPassword', message })
  if (after.httpSecret !== null && given.httpSecret === undefined && isMoved('httpUrl'))
    flaws.push({ path: 'httpSecret', message })
  if (typeof given.httpSecret === 'string' && given.httpSecret.length < SECRET_MIN)
    flaws.push({ path: 'httpSecret', message: `shorter than ${SECRET_MIN} characters` })
  return flaws
}

async function checkRedirects(context: Context, changes: Partial<MailSettings>): Promise<void> {
  const flaws: Flaw[] = []
  for (const path of REDIRECTS) {
    const url = changes[path]
    if (url && !(await isAllowedRedirect(context, url)))
      flaws.push({ path, message: 'not https, or of an origin that the realm does not know' })
  }
  if (flaws.length > 0) throw new Failure('invalid_input', { flaws })
}

function viewOf(stored: StoredMailSettings | undefined, sentToday: number): MailSettingsView {
  return {
    ...(stored?.settings ?? NO_MAIL_SETTINGS),
    hasSmtpPassword: (stored?.smtpPassword ?? null) !== null,
    hasHttpSecret: (stored?.httpSecret ?? null) !== null,
    sentToday,
    version: stored?.version ?? 0,
    updatedAt: stored?.updatedAt ?? null,
  }
}
