// The mails of a realm: the log, who sends them, what they say, and those that are kept for development.
import { devInboxClear, devInboxGet, devInboxList } from '#domain/dev-inbox/dev-inbox.operations.ts'
import { mailList } from '#domain/mail/mail.operations.ts'
import { mailSettingsGet, mailSettingsUpdate } from '#domain/mail-settings/mail-settings.operations.ts'
import {
  mailTemplateGet,
  mailTemplateList,
  mailTemplatePreview,
  mailTemplateReset,
  mailTemplateTest,
  mailTemplateUpdate,
} from '#domain/mail-template/mail-template.operations.ts'
import { smsSettingsGet, smsSettingsTest, smsSettingsUpdate } from '#domain/sms-settings/sms-settings.operations.ts'
import type { Route } from '../surface.ts'
import { row } from './dialect.ts'

export const mailRoutes: readonly Route[] = [
  row('GET /v1/realms/{issuer_id}/emails', mailList),
  row('GET /v1/realms/{issuer_id}/dev-inbox', devInboxList),
  row('GET /v1/realms/{issuer_id}/dev-inbox/{id}', devInboxGet),
  row('DELETE /v1/realms/{issuer_id}/dev-inbox', devInboxClear, 200),
  row('GET /v1/realms/{issuer_id}/mail-settings', mailSettingsGet),
  row('PATCH /v1/realms/{issuer_id}/mail-settings', mailSettingsUpdate),
  row('GET /v1/realms/{issuer_id}/sms-settings', smsSettingsGet),
  row('PATCH /v1/realms/{issuer_id}/sms-settings', smsSettingsUpdate),
  row('POST /v1/realms/{issuer_id}/sms-settings/test', smsSettingsTest, 202),
  row('GET /v1/realms/{issuer_id}/mail-templates', mailTemplateList),
  row('GET /v1/realms/{issuer_id}/mail-templates/{kind}/{language}', mailTemplateGet),
  row('PATCH /v1/realms/{issuer_id}/mail-templates/{kind}/{language}', mailTemplateUpdate),
  row('POST /v1/realms/{issuer_id}/mail-templates/{kind}/{language}/reset', mailTemplateReset),
  row('POST /v1/realms/{issuer_id}/mail-templates/{kind}/{language}/preview', mailTemplatePreview),
  row('POST /v1/realms/{issuer_id}/mail-templates/{kind}/{language}/test', mailTemplateTest, 202),
]
