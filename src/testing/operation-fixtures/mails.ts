// Owns the inputs of operations on what mails say.
import { mailTemplateUpdate } from '#domain/mail-template/mail-template.operations.ts'
import type { Fixture, Fixtures } from './maker.ts'

const KEY = { kind: 'invitation', language: 'en' }

const ownTemplate: Fixture = async (maker) => {
  await maker.run(mailTemplateUpdate, { ...KEY, subject: maker.word() })
  return { input: KEY }
}

/** Calls of what is done to the mails of a realm. */
export const MAILS: Fixtures = {
  'mail_template.get': () => ({ input: KEY }),
  'mail_template.update': (maker) => ({ input: { ...KEY, subject: maker.word() } }),
  'mail_template.reset': ownTemplate,
  'mail_template.preview': () => ({ input: { ...KEY, heading: 'Come to {{ organization }}' } }),
  'mail_template.send_test': () => ({ input: { ...KEY, recipient: 'ada@example.com' } }),
}
