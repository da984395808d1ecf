// Owns the inputs of operations on what mails say, and who sends them.
import { mailTemplateUpdate } from '#domain/mail-template/mail-template.operations.ts'
import { smsSettingsUpdate } from '#domain/sms-settings/sms-settings.operations.ts'
import { keepMails } from '../kept-mail.ts'
import type { Fixture, Fixtures } from './maker.ts'

const KEY = { kind: 'invitation', language: 'en' }

const SENDER = {
  fromAddress: 'hello@example.com',
  httpUrl: 'https://mailer.example.com/',
  httpSecret: 'a secret of the program',
}

const SMS = { url: 'https://sms.example.com/', secret: 'a secret of the program' }

const ownTemplate: Fixture = async (maker) => {
  const at = await maker.anotherRealm()
  await maker.run(mailTemplateUpdate, { ...KEY, subject: maker.word() }, at)
  return { input: KEY, at }
}

const keptMail =
  (input: (id: string | undefined) => object): Fixture =>
  async (maker) => {
    const at = await maker.anotherRealm()
    const [id] = await keepMails(maker.services.contextFor(at), 1)
    return { input: input(id), at }
  }

/** Calls of what is done to the mails of a realm. */
export const MAILS: Fixtures = {
  'dev_inbox.get': keptMail((id) => ({ id })),
  'dev_inbox.clear': keptMail(() => ({})),
  'mail_settings.update': async (maker) => ({
    input: { sender: 'http', ...SENDER, dailyLimit: 100 },
    at: await maker.anotherRealm(),
  }),
  'sms_settings.update': async (maker) => ({
    input: { ...SMS, dailyLimit: 100 },
    at: await maker.anotherRealm(),
  }),
  'sms_settings.send_test': async (maker) => {
    const at = await maker.anotherRealm()
    await maker.run(smsSettingsUpdate, SMS, at)
    return { input: { recipient: '+4915123456789' }, at }
  },
  'mail_template.get': () => ({ input: KEY }),
  'mail_template.update': async (maker) => ({
    input: { ...KEY, subject: maker.word() },
    at: await maker.anotherRealm(),
  }),
  'mail_template.reset': ownTemplate,
  'mail_template.preview': () => ({ input: { ...KEY, heading: 'Come to {{ organization }}' } }),
  'mail_template.send_test': () => ({ input: { ...KEY, recipient: 'ada@example.com' } }),
}
