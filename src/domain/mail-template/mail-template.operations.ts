// The operations on the templates of mails.
import * as z from 'zod'
import { operation } from '../context.ts'
import { MailView } from '../mail/mail.ts'
import {
  getTemplate,
  listTemplates,
  previewTemplate,
  resetTemplate,
  sendTemplateTest,
  updateTemplate,
} from './mail-template.service.ts'
import {
  TemplateKey,
  TemplateListQuery,
  TemplatePatch,
  TemplatePreview,
  TemplatePreviewRequest,
  TemplateTest,
  TemplateView,
} from './mail-template.ts'

export const mailTemplateList = operation({
  name: 'mail_template.list',
  summary: 'List the templates of the mails of a realm',
  description:
    'One for each kind of mail, in one language: the realm’s own, or that of the server, with the variables that it can name.',
  permission: 'mail-templates:read',
  reach: 'realm',
  input: TemplateListQuery,
  output: z.object({ data: z.array(TemplateView), nextCursor: z.null() }),
  errors: ['not_found'],
  events: [],
  run: listTemplates,
})

export const mailTemplateGet = operation({
  name: 'mail_template.get',
  summary: 'Show the template of a mail',
  permission: 'mail-templates:read',
  reach: 'realm',
  input: TemplateKey,
  output: TemplateView,
  errors: ['not_found'],
  events: [],
  run: getTemplate,
})

export const mailTemplateUpdate = operation({
  name: 'mail_template.update',
  summary: 'Change the template of a mail',
  description:
    'The texts are LiquidJS: {{ realm }} is a value, {% if asked_from %} a condition. The layout of the server has the link, the code and the facts; html and text replace it as a whole, and must have what the mail is for. Whoever can change templates can have the links of mails sent to themselves.',
  permission: 'mail-templates:write',
  reach: 'realm',
  freshSignIn: true,
  makesCredentials: true,
  input: TemplatePatch,
  output: TemplateView,
  errors: ['not_found', 'precondition_failed'],
  events: ['mail_template.updated'],
  run: updateTemplate,
})

export const mailTemplateReset = operation({
  name: 'mail_template.reset',
  summary: 'Delete the realm’s own template of a mail',
  description: 'Mails are written by the template of the server again.',
  permission: 'mail-templates:write',
  reach: 'realm',
  irreversible: true,
  input: TemplateKey,
  output: TemplateView,
  errors: ['not_found'],
  events: ['mail_template.reset'],
  run: resetTemplate,
})

export const mailTemplatePreview = operation({
  name: 'mail_template.preview',
  summary: 'Show what a mail looks like',
  description:
    'With examples as values. Members that are given are tried instead of the stored ones; nothing is stored.',
  permission: 'mail-templates:read',
  reach: 'realm',
  input: TemplatePreviewRequest,
  output: TemplatePreview,
  errors: ['not_found'],
  events: [],
  run: previewTemplate,
})

export const mailTemplateTest = operation({
  name: 'mail_template.send_test',
  summary: 'Send an example of a mail',
  description: 'Its link leads nowhere. The mail log shows what became of it.',
  permission: 'mail-templates:write',
  reach: 'realm',
  input: TemplateTest,
  output: MailView,
  errors: ['not_found', 'conflict', 'too_many_requests'],
  events: ['mail_template.tested'],
  run: sendTemplateTest,
})
