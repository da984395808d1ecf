// The operations on linked accounts.
import * as z from 'zod'
import { listOf } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { deleteLinkedAccount, listLinkedAccounts } from './linked-account.service.ts'
import { LinkedAccountOfUser, LinkedAccountQuery, LinkedAccountView } from './linked-account.ts'

export const linkedAccountList = operation({
  name: 'linked_account.list',
  summary: 'List the linked accounts of a user',
  description: 'The accounts at identity providers with which the user signs in, oldest first.',
  permission: 'users:read',
  reach: 'realm',
  input: LinkedAccountQuery,
  output: listOf(LinkedAccountView),
  errors: ['not_found'],
  events: [],
  run: listLinkedAccounts,
})

export const linkedAccountRemove = operation({
  name: 'linked_account.remove',
  summary: 'Unlink an account of a user',
  description:
    'The user cannot sign in with it any more. The sessions of the user end, and the refresh tokens are revoked.',
  permission: 'users:write',
  reach: 'realm',
  irreversible: true,
  input: LinkedAccountOfUser,
  output: z.void(),
  errors: ['not_found'],
  events: ['linked_account.removed', 'group.member_removed', 'role.unassigned', 'session.ended'],
  run: deleteLinkedAccount,
})
