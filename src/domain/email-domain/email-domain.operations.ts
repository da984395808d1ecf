// The operations on e-mail domains.
import * as z from 'zod'
import { idOf } from '#kernel/field.ts'
import { listOf } from '#kernel/page.ts'
import { operation } from '../context.ts'
import {
  createEmailDomain,
  deleteEmailDomain,
  getEmailDomain,
  listEmailDomains,
  verifyEmailDomain,
} from './email-domain.service.ts'
import { EmailDomainQuery, EmailDomainView, NewEmailDomain } from './email-domain.ts'

const EmailDomainId = z.strictObject({ id: idOf('email_domain') })

export const emailDomainCreate = operation({
  name: 'email_domain.create',
  summary: 'Add an e-mail domain',
  description:
    'A domain of e-mail addresses that the realm or an organization owns. It does nothing until it is verified: make the TXT record of the response, then verify it.',
  permission: 'identity-providers:write',
  reach: 'realm',
  input: NewEmailDomain,
  output: EmailDomainView,
  errors: ['not_found', 'already_exists'],
  events: ['email_domain.created'],
  run: createEmailDomain,
})

export const emailDomainList = operation({
  name: 'email_domain.list',
  summary: 'List the e-mail domains of a realm',
  permission: 'identity-providers:read',
  reach: 'realm',
  input: EmailDomainQuery,
  output: listOf(EmailDomainView),
  errors: ['not_found'],
  events: [],
  run: listEmailDomains,
})

export const emailDomainGet = operation({
  name: 'email_domain.get',
  summary: 'Show an e-mail domain',
  permission: 'identity-providers:read',
  reach: 'realm',
  input: EmailDomainId,
  output: EmailDomainView,
  errors: ['not_found'],
  events: [],
  run: getEmailDomain,
})

export const emailDomainVerify = operation({
  name: 'email_domain.verify',
  summary: 'Verify an e-mail domain',
  description:
    'Looks for its TXT record now. The addresses of a verified domain lead to the identity providers of its owner that have it among their domains, and these may say which of them are verified. One owner at most has verified a domain in a realm. The record has to stay: it is looked for each day.',
  permission: 'identity-providers:write',
  reach: 'realm',
  input: EmailDomainId,
  output: EmailDomainView,
  errors: ['not_found', 'conflict', 'already_exists', 'unreachable_host'],
  events: ['email_domain.verified'],
  run: verifyEmailDomain,
})

export const emailDomainDelete = operation({
  name: 'email_domain.delete',
  summary: 'Delete an e-mail domain',
  description: 'Its addresses lead to no identity provider any more. Users and linked accounts stay.',
  permission: 'identity-providers:write',
  reach: 'realm',
  irreversible: true,
  input: EmailDomainId,
  output: z.void(),
  errors: ['not_found'],
  events: ['email_domain.deleted'],
  run: deleteEmailDomain,
})
