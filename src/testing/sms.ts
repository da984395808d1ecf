// Has a realm send text messages, and reads those that wait.
import { realmUpdate } from '#domain/realm/realm.operations.ts'
import type { Realm } from '#domain/realm/realm.ts'
import { smsSettingsUpdate } from '#domain/sms-settings/sms-settings.operations.ts'
import { runOperation } from './run-operation.ts'
import type { TestServices } from './services.ts'

/** The address of a program that takes messages; nothing is sent before a worker runs. */
const SENDER = { url: 'https://sms.example.com/send', secret: 'a secret of the program' }

/** Switches codes of text messages on. @returns the realm as it is then */
export async function enableSms(services: TestServices, more: object = {}): Promise<Realm> {
  await runOperation(smsSettingsUpdate, services.contextFor(), { ...SENDER, ...more })
  await runOperation(realmUpdate, services.contextFor(), { policy: { smsEnabled: true } })
  const found = await services.registry.realmById(services.realm.id)
  if (!found) throw new Error('The realm is gone.')
  return found.realm
}

/** A message that waits. */
export interface WaitingSms {
  readonly text: string
  readonly code: string
  readonly locale: string
  readonly purpose: string
}

/** The messages to a number, oldest first. @param number E.164 */
export async function messagesTo({ database, crypto }: TestServices, number: string): Promise<WaitingSms[]> {
  const rows = await database.read.kysely
    .selectFrom('mail')
    .selectAll()
    .where('kind', '=', 'sms')
    .where('recipient', '=', number)
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  return rows.map(({ body }) => {
    const { text, sms } = JSON.parse(crypto.open('mail', body ?? ''))
    return { text, ...sms }
  })
}
