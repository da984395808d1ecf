// Owns mails in the development inbox of a realm.
import type { Context } from '#domain/context.ts'
import { BODY_PURPOSE, mailOf } from '#domain/mail/mail.service.ts'
import { finishMail } from '#domain/mail/mail.ts'
import type { TestServer } from './server.ts'
import { until } from './until.ts'

/** Puts mails into the inbox of the context’s realm. @returns their ids */
export async function keepMails(context: Context, count: number): Promise<string[]> {
  const now = context.clock.now()
  const letter = { subject: 'Hello', text: 'Hello\n', html: '<p>Hello</p>' }
  const mails = Array.from({ length: count }, (_, index) => {
    const recipient = `kept-${index}@example.com`
    const mail = mailOf(context, { kind: 'test', aboutId: null, recipient, expiresAt: now + 60_000 }, letter)
    return { ...finishMail(mail, 'sent', now), body: context.crypto.seal(BODY_PURPOSE, JSON.stringify(letter)) }
  })
  await context.write(async (unit) => {
    for (const mail of mails) await unit.mails.insert(mail)
  })
  return mails.map(({ id }) => id)
}

/** Has a running server keep a mail. @returns its id */
export async function keptMail({ api, call }: Pick<TestServer, 'api' | 'call'>, realm: string): Promise<string> {
  made += 1
  const body = { recipient: `reader-${made}@example.com` }
  const { id } = await api<{ id: string }>('POST', `/v1/realms/${realm}/mail-templates/invitation/en/test`, body)
  await until(async () => (await call('GET', `/v1/realms/${realm}/dev-inbox/${id}`)).status === 200)
  return id
}
let made = 0
