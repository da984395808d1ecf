// The operations that mail a user a link about the own account.
import * as z from 'zod'
import { idOf } from '#kernel/field.ts'
import { operation } from '../context.ts'
import { sendVerification } from './email-verification.service.ts'
import { sendPasswordReset } from './password-recovery.service.ts'

const UserId = z.strictObject({ id: idOf('user') })

export const userSendPasswordReset = operation({
  name: 'user.send_password_reset',
  summary: 'Mail a user a link to set a password',
  description:
    'The link works once, for an hour, and only the newest one works. Nothing changes until the user follows it. It needs a mail server.',
  permission: 'users:write',
  reach: 'realm',
  input: UserId,
  output: z.void(),
  errors: ['not_found', 'conflict', 'too_many_requests'],
  events: ['user.password_reset_sent'],
  run: sendPasswordReset,
})

export const userSendVerification = operation({
  name: 'user.send_verification',
  summary: 'Mail a user a link to verify the e-mail address',
  description:
    'The link works once, for a day, and only the newest one works. It needs a mail server, and an address that is not verified.',
  permission: 'users:write',
  reach: 'realm',
  input: UserId,
  output: z.void(),
  errors: ['not_found', 'conflict', 'too_many_requests'],
  events: ['user.verification_sent'],
  run: sendVerification,
})
