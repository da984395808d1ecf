// Decides about the settings of a realm’s text messages: whether they could be sent, and that no secret goes elsewhere.
import { changeBetween } from '#kernel/change.ts'
import { Failure, type Flaw } from '#kernel/error.ts'
import { loadLanguage } from '#language/language.ts'
import type { Context } from '../context.ts'
import { resealed } from '../kept-secret.ts'
import { type MailView, viewMail } from '../mail/mail.ts'
import { dayOf } from '../mail-settings/mail-settings.ts'
import { realmOf } from '../realm/realm.service.ts'
import { countSms, messageOf, SMS_SECRET_PURPOSE, takeNumber } from '../sms/sms.service.ts'
import { definedOnly } from '../update.ts'
import {
  NO_SMS_SETTINGS,
  type SmsSettings,
  type SmsSettingsPatch,
  type SmsSettingsView,
  type SmsTest,
  type StoredSmsSettings,
  sentOn,
} from './sms-settings.ts'

const SECRET_MIN = 16

/** The settings of the realm’s text messages. */
export async function getSmsSettings({ read, scope, clock }: Context): Promise<SmsSettingsView> {
  return viewOf(await read.smsSettings.find(realmOf(scope).id), clock.now())
}

/**
 * Changes settings; absent ones stay as they are, and so do secrets.
 * @throws Failure `invalid_input` if messages could not be sent by them, `conflict` where the realm asks people for codes of
 *   text messages and nobody would send them, `unreachable_host`, `precondition_failed`
 */
export async function updateSmsSettings(
  context: Context,
  { ifVersion, secret, authorization, ...patch }: SmsSettingsPatch,
): Promise<SmsSettingsView> {
  const { clock, crypto, network } = context
  const { id: realmId, tenantId } = realmOf(context.scope)
  const changes = definedOnly(patch)
  if (changes.url) network.checkUrl(changes.url)
  const now = clock.now()
  return context.write(async (unit) => {
    const found = await unit.smsSettings.lock(realmId)
    const before = found ?? emptySettings(realmId, tenantId, now)
    if (ifVersion !== undefined && ifVersion !== before.version) throw new Failure('precondition_failed')
    const settings = { ...before.settings, ...changes } as SmsSettings
    // Without an address, the secrets are of nothing.
    const isOff = settings.url === null
    const after: StoredSmsSettings = {
      ...before,
      settings,
      secret: isOff ? null : resealed(crypto, SMS_SECRET_PURPOSE, before.secret, secret),
      authorization: isOff ? null : resealed(crypto, SMS_SECRET_PURPOSE, before.authorization, authorization),
      version: before.version + 1,
      updatedAt: now,
    }
    const flaws = flawsOf(before, after, { secret, authorization })
    if (flaws.length > 0) throw new Failure('invalid_input', { flaws })
    const realm = await unit.realms.find(realmId)
    if (!realm) throw new Failure('not_found')
    if (after.settings.url === null && realm.policy.smsEnabled && !network.mail?.keeps)
      throw new Failure(
        'conflict',
        'The realm asks people for codes of text messages. Switch policy.sms_enabled off first.',
      )
    const change = changeBetween(AUDITED, stateOf(before), stateOf(after))
    if (!change) return viewOf(found, now)
    if (!(await unit.smsSettings.save(after))) throw new Failure('precondition_failed')
    unit.emit('sms_settings.updated', { subject: subjectOf(realm.name), realmId, data: { ...change } })
    return viewOf(after, now)
  })
}

/**
 * Sends an example of a text message.
 * @throws Failure `conflict` if nobody sends them, `invalid_input` for a number that none is sent to, `too_many_requests`
 */
export async function sendSmsTest(context: Context, { recipient }: SmsTest): Promise<MailView> {
  const realm = realmOf(context.scope)
  const number = await takeNumber(context, recipient)
  const language = await loadLanguage(realm.defaultLanguage)
  const text = language.messages.sms.test(realm.name)
  const mail = messageOf(context, { number, purpose: 'test', code: null, text, language, aboutId: null })
  await context.write(async (unit) => {
    await countSms(context, unit)
    await unit.mails.insert(mail)
    unit.emit('sms_settings.tested', { subject: subjectOf(realm.name), realmId: realm.id, data: { recipient: number } })
  })
  return viewMail(mail)
}

function subjectOf(label: string) {
  return { type: 'sms_settings', id: 'sms', label }
}

/** The address is recorded only by name, because it may contain a secret. */
const AUDITED = {
  ...Object.fromEntries(Object.keys(NO_SMS_SETTINGS).map((name) => [name, 'values' as const])),
  ...Object.fromEntries(['url', 'secret', 'authorization'].map((name) => [name, 'name' as const])),
}

function stateOf({ settings, secret, authorization }: StoredSmsSettings) {
  return { ...settings, secret, authorization }
}

function emptySettings(realmId: string, tenantId: string, now: number): StoredSmsSettings {
  const none = { settings: NO_SMS_SETTINGS, secret: null, authorization: null, day: 0, sent: 0 }
  return { ...none, realmId, tenantId, version: 0, createdAt: now, updatedAt: now }
}

/** A stored secret goes nowhere else than where it was given for: whoever knows it not must not learn it by a new address. */
function flawsOf(
  before: StoredSmsSettings,
  { settings, secret, authorization }: StoredSmsSettings,
  given: Pick<SmsSettingsPatch, 'secret' | 'authorization'>,
): Flaw[] {
  const flaws: Flaw[] = []
  const flaw = (isThere: boolean, path: string, message: string) => isThere && flaws.push({ path, message })
  const isMoved = settings.url !== before.settings.url
  const again = 'to be given again for another address'
  flaw(settings.url !== null && secret === null, 'secret', 'needed with url')
  flaw(settings.url === null && Boolean(given.secret), 'secret', 'only with url')
  flaw(settings.url === null && Boolean(given.authorization), 'authorization', 'only with url')
  flaw(isMoved && secret !== null && given.secret === undefined, 'secret', again)
  flaw(isMoved && authorization !== null && given.authorization === undefined, 'authorization', again)
  const isShort = typeof given.secret === 'string' && given.secret.length < SECRET_MIN
  flaw(isShort, 'secret', `shorter than ${SECRET_MIN} characters`)
  return flaws
}

function viewOf(stored: StoredSmsSettings | undefined, now: number): SmsSettingsView {
  return {
    ...(stored?.settings ?? NO_SMS_SETTINGS),
    hasSecret: (stored?.secret ?? null) !== null,
    hasAuthorization: (stored?.authorization ?? null) !== null,
    sentToday: sentOn(stored, dayOf(now)),
    version: stored?.version ?? 0,
    updatedAt: stored?.version ? stored.updatedAt : null,
  }
}
