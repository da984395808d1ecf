// The operations on the settings of mails.
import * as z from 'zod'
import { operation } from '../context.ts'
import { getMailSettings, updateMailSettings } from './mail-settings.service.ts'
import { MailSettingsPatch, MailSettingsView } from './mail-settings.ts'

export const mailSettingsGet = operation({
  name: 'mail_settings.get',
  summary: 'Show who sends the mails of a realm, and how many were sent today',
  permission: 'mail-settings:read',
  reach: 'realm',
  input: z.strictObject({}),
  output: MailSettingsView,
  errors: ['not_found'],
  events: [],
  run: getMailSettings,
})

export const mailSettingsUpdate = operation({
  name: 'mail_settings.update',
  summary: 'Change who sends the mails of a realm, and how many',
  description:
    'Only the given members change; secrets that are absent stay. For another mail server or another http_url, give the password or the secret again. Whoever sends the mails of a realm can read the links in them.',
  permission: 'mail-settings:write',
  reach: 'realm',
  freshSignIn: true,
  makesCredentials: true,
  input: MailSettingsPatch,
  output: MailSettingsView,
  errors: ['not_found', 'unreachable_host', 'precondition_failed'],
  events: ['mail_settings.updated', 'realm.updated'],
  run: updateMailSettings,
})
