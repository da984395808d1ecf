// Owns the list of what is encrypted with the master key: every column that has such texts, and what they are encrypted for. A
// test finds what is missing here.
import { SECRET_PURPOSE as BROKER_SECRET } from '../broker-provider/broker-provider.ts'
import { CREDENTIAL_PURPOSE } from '../connection/connection.ts'
import { SECRET_PURPOSE as FLOW_SECRET, HEADERS_PURPOSE } from '../flow/flow-webhook.ts'
import { SECRET_PURPOSE as PROVIDER_SECRET, SAML_KEY_PURPOSE } from '../identity-provider/identity-provider.ts'
import { BODY_PURPOSE } from '../mail/mail.service.ts'
import { SECRET_PURPOSE as MAIL_SENDER } from '../mail-settings/mail-sender.ts'
import { SMS_SECRET_PURPOSE } from '../sms/sms.service.ts'
import { SECRET_PURPOSE as WEBHOOK_SECRET } from '../webhook/signature.ts'
import { ROOT_KEY_PURPOSE } from './root-key.ts'
import type { SealedColumn } from './sealed.store.ts'

const ID = ['id'] as const

/** Every column. */
export const SEALED_COLUMNS: readonly SealedColumn[] = [
  { table: 'setting', column: 'value', key: ['name'], purposes: [ROOT_KEY_PURPOSE], inJson: true },
  { table: 'signing_key', column: 'private_key', key: ID, purposes: ['signing-key'] },
  { table: 'client', column: 'sealed_secret', key: ID, purposes: ['client secret'], withId: true },
  { table: 'identity_provider', column: 'client_secret', key: ID, purposes: [PROVIDER_SECRET, SAML_KEY_PURPOSE] },
  { table: 'broker_provider', column: 'client_secret', key: ID, purposes: [BROKER_SECRET] },
  { table: 'connection', column: 'credential', key: ID, purposes: [CREDENTIAL_PURPOSE] },
  { table: 'authenticator', column: 'secret', key: ID, purposes: ['totp-key', 'sms-number'] },
  { table: 'webhook', column: 'secret', key: ID, purposes: [WEBHOOK_SECRET] },
  { table: 'webhook', column: 'previous_secret', key: ID, purposes: [WEBHOOK_SECRET] },
  { table: 'flow', column: 'secret', key: ID, purposes: [FLOW_SECRET] },
  { table: 'flow', column: 'headers', key: ID, purposes: [HEADERS_PURPOSE] },
  { table: 'mail_settings', column: 'smtp_password', key: ['realm_id'], purposes: [MAIL_SENDER] },
  { table: 'mail_settings', column: 'http_secret', key: ['realm_id'], purposes: [MAIL_SENDER] },
  { table: 'sms_settings', column: 'secret', key: ['realm_id'], purposes: [SMS_SECRET_PURPOSE] },
  { table: 'sms_settings', column: 'authorization', key: ['realm_id'], purposes: [SMS_SECRET_PURPOSE] },
  { table: 'mail', column: 'body', key: ID, purposes: [BODY_PURPOSE] },
  { table: 'device_authorization', column: 'user_code', key: ID, purposes: ['user-code'] },
  { table: 'backchannel_authentication', column: 'notification', key: ID, purposes: ['backchannel-notification'] },
  { table: 'idempotency_key', column: 'reply', key: ['actor_id', 'key'], purposes: ['idempotent-reply'] },
  {
    table: 'one_time_token',
    column: 'payload',
    key: ['kind', 'tenant_id', 'hash'],
    purposes: ['begun-session', 'enrolment', 'flow-typed-password'],
    inJson: true,
  },
]

/** What is stored nowhere: it is in an address, a form or a cookie, and ends with the old key. */
export const PASSING_PURPOSES: readonly string[] = ['branding-preview', 'carried-request', 'proxy-session']
