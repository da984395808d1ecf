// The operations on the settings of text messages.
import * as z from 'zod'
import { operation } from '../context.ts'
import { MailView } from '../mail/mail.ts'
import { getSmsSettings, sendSmsTest, updateSmsSettings } from './sms-settings.service.ts'
import { SmsSettingsPatch, SmsSettingsView, SmsTest } from './sms-settings.ts'

export const smsSettingsGet = operation({
  name: 'sms_settings.get',
  summary: 'Show who sends the text messages of a realm, and how many were sent today',
  permission: 'sms-settings:read',
  reach: 'realm',
  input: z.strictObject({}),
  output: SmsSettingsView,
  errors: ['not_found'],
  events: [],
  run: getSmsSettings,
})

export const smsSettingsUpdate = operation({
  name: 'sms_settings.update',
  summary: 'Change who sends the text messages of a realm, and how many',
  description:
    'Only the given members change; secrets that are absent stay. For another url, give the secrets again. Whoever sends the messages of a realm can read the codes in them.',
  permission: 'sms-settings:write',
  reach: 'realm',
  freshSignIn: true,
  makesCredentials: true,
  input: SmsSettingsPatch,
  output: SmsSettingsView,
  errors: ['not_found', 'conflict', 'unreachable_host', 'precondition_failed'],
  events: ['sms_settings.updated'],
  run: updateSmsSettings,
})

export const smsSettingsTest = operation({
  name: 'sms_settings.send_test',
  summary: 'Send an example of a text message',
  description: 'It has no code. The mail log shows what became of it.',
  permission: 'sms-settings:write',
  reach: 'realm',
  input: SmsTest,
  output: MailView,
  errors: ['not_found', 'conflict', 'too_many_requests'],
  events: ['sms_settings.tested'],
  run: sendSmsTest,
})
