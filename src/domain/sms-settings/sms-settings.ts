// The settings of a realm’s text messages: the program that sends them, to which numbers, and how many a day.
import * as z from 'zod'
import { ifVersion, time } from '#kernel/field.ts'

/** The most messages a realm sends in a day, unless it says otherwise: a message costs money. */
const DAILY_LIMIT = 1000

const url = z.string().min(1).max(2048)
const secret = z.string().min(1).max(1024).meta({ format: 'password', writeOnly: true })
const prefix = z.string().regex(/^\+[1-9]\d{0,6}$/, 'not the beginning of an international number, such as +49')

const settings = {
  url: url
    .nullable()
    .describe(
      'Where text messages are posted to, as JSON: an https address of a program that sends them. null for none.',
    ),
  dailyLimit: z
    .number()
    .int()
    .min(1)
    .max(10_000_000)
    .describe('How many text messages are sent in a day of UTC. No code is sent beyond it.'),
  allowedPrefixes: z
    .array(prefix)
    .max(300)
    .describe('How the numbers begin that messages are sent to, such as +49. An empty list allows all numbers.'),
}

export const SmsSettings = z.strictObject(settings)
export type SmsSettings = z.output<typeof SmsSettings>

/** The settings of a realm that has none. */
export const NO_SMS_SETTINGS: SmsSettings = { url: null, dailyLimit: DAILY_LIMIT, allowedPrefixes: [] }

/** A change: absent members stay as they are, also the secrets. */
export const SmsSettingsPatch = z.strictObject({
  ...SmsSettings.partial().shape,
  secret: secret
    .nullable()
    .optional()
    .describe('The key of the signature of what is posted, at least 16 characters. It is never shown.'),
  authorization: secret
    .regex(/^[\x21-\x7e]+( [\x21-\x7e]+)*$/, 'not the value of a header')
    .nullable()
    .optional()
    .describe('The value of the header Authorization of each request; null for none. It is never shown.'),
  ifVersion,
})
export type SmsSettingsPatch = z.output<typeof SmsSettingsPatch>

/** The schema of the settings in admin responses. */
export const SmsSettingsView = z.object({
  ...settings,
  hasSecret: z.boolean(),
  hasAuthorization: z.boolean(),
  sentToday: z.number().int().describe('The messages that were queued since midnight in UTC.'),
  version: z.number().int().describe('0 if nothing was set yet.'),
  updatedAt: time.nullable(),
})
export type SmsSettingsView = z.output<typeof SmsSettingsView>

/** The input of a test. */
export const SmsTest = z.strictObject({
  recipient: z.string().min(4).max(50).describe('An international telephone number, such as +49 151 23456789.'),
})
export type SmsTest = z.output<typeof SmsTest>

/** The settings as they are stored, with sealed secrets, and what was sent on the last day on which anything was. */
export interface StoredSmsSettings {
  readonly realmId: string
  readonly tenantId: string
  readonly settings: SmsSettings
  readonly secret: string | null
  readonly authorization: string | null
  /** When the day began. */
  readonly day: number
  readonly sent: number
  readonly version: number
  readonly createdAt: number
  readonly updatedAt: number
}

/** How many messages were queued on a day. @param day when it began */
export function sentOn(stored: Pick<StoredSmsSettings, 'day' | 'sent'> | undefined, day: number): number {
  return stored?.day === day ? stored.sent : 0
}
