// The settings of a realm’s mails: who sends them, how many a day, and where people go afterwards.
import * as z from 'zod'
import { emailAddress, ifVersion, label, time } from '#kernel/field.ts'

/** Who sends the mails of a realm: the installation, a mail server of the realm, or a program that gets them by HTTP. */
export const MAIL_SENDERS = ['server', 'smtp', 'http'] as const
export type MailSender = (typeof MAIL_SENDERS)[number]

/** A day in milliseconds. Days begin at midnight in UTC. */
export const DAY = 86_400_000

const url = z.string().min(1).max(2048)
const secret = z.string().min(1).max(512).meta({ format: 'password', writeOnly: true })

const redirect = (when: string) =>
  url
    .nullable()
    .describe(
      `Where the page has a link to ${when}; null for none. Its origin must be that of the realm, or one of the allowed_origins of the realm or of one of its clients.`,
    )

const settings = {
  sender: z
    .enum(MAIL_SENDERS)
    .describe('Who sends the mails: the installation (server), a mail server (smtp), or a program (http).'),
  fromAddress: emailAddress.nullable().describe('The sender that mails name, for smtp and http.'),
  fromName: label(100).nullable(),
  smtpHost: z.string().min(1).max(253).nullable(),
  smtpPort: z
    .union([z.literal(25), z.literal(465), z.literal(587), z.literal(2525), z.number().int().min(1024).max(65_535)])
    .describe('25, 465, 587 or 2525.'),
  smtpTls: z
    .enum(['starttls', 'from_the_start'])
    .describe('Whether TLS begins after STARTTLS, or with the connection, which is usual at port 465.'),
  smtpUser: z.string().min(1).max(254).nullable(),
  httpUrl: url.nullable().describe('Where mails are posted to, as JSON. The program has to send them.'),
  dailyLimit: z
    .number()
    .int()
    .min(1)
    .max(10_000_000)
    .nullable()
    .describe('How many mails are sent in a day of UTC; null for no limit. The others wait for the next day.'),
  verifyRedirectUrl: redirect('after an address was verified'),
  resetRedirectUrl: redirect('after a new password was set'),
  magicLinkRedirectUrl: redirect('from a link to sign in that does not work any more'),
  inviteRedirectUrl: redirect('after an invitation was accepted'),
}

export const MailSettings = z.strictObject(settings)
export type MailSettings = z.output<typeof MailSettings>

/** The settings of a realm that has none. */
export const NO_MAIL_SETTINGS: MailSettings = {
  sender: 'server',
  fromAddress: null,
  fromName: null,
  smtpHost: null,
  smtpPort: 587,
  smtpTls: 'starttls',
  smtpUser: null,
  httpUrl: null,
  dailyLimit: null,
  verifyRedirectUrl: null,
  resetRedirectUrl: null,
  magicLinkRedirectUrl: null,
  inviteRedirectUrl: null,
}

/** A change: absent members stay as they are, also the secrets. */
export const MailSettingsPatch = z.strictObject({
  ...MailSettings.partial().shape,
  smtpPassword: secret.nullable().optional().describe('null for none. It is stored encrypted and never shown.'),
  httpSecret: secret
    .nullable()
    .optional()
    .describe('The key of the signature of what is posted, at least 16 characters. It is never shown.'),
  ifVersion,
})
export type MailSettingsPatch = z.output<typeof MailSettingsPatch>

/** The schema of the settings in admin responses. */
export const MailSettingsView = z.object({
  ...settings,
  hasSmtpPassword: z.boolean(),
  hasHttpSecret: z.boolean(),
  sentToday: z.number().int().describe('The mails that were sent since midnight in UTC.'),
  version: z.number().int().describe('0 if nothing was set yet.'),
  updatedAt: time.nullable(),
})
export type MailSettingsView = z.output<typeof MailSettingsView>

/** The settings as they are stored, with sealed secrets. */
export interface StoredMailSettings {
  readonly realmId: string
  readonly tenantId: string
  readonly settings: MailSettings
  readonly smtpPassword: string | null
  readonly httpSecret: string | null
  readonly version: number
  readonly createdAt: number
  readonly updatedAt: number
}

/** The beginning of the day of a time, in UTC. */
export function dayOf(now: number): number {
  return now - (now % DAY)
}
