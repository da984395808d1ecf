// The operations on authenticators.
import * as z from 'zod'
import { listOf } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { deleteAuthenticator, listAuthenticators } from './authenticator.service.ts'
import { AuthenticatorOfUser, AuthenticatorQuery, AuthenticatorView } from './authenticator.ts'

export const authenticatorList = operation({
  name: 'authenticator.list',
  summary: 'List the authenticators of a user',
  description: 'Passkeys, authenticator apps and the set of recovery codes, oldest first, without their secrets.',
  permission: 'users:read',
  reach: 'realm',
  input: AuthenticatorQuery,
  output: listOf(AuthenticatorView),
  errors: ['not_found'],
  events: [],
  run: listAuthenticators,
})

export const authenticatorRemove = operation({
  name: 'authenticator.remove',
  summary: 'Remove an authenticator of a user',
  description:
    'For users who lost it. The recovery codes go with the last second factor. The sessions of the user end, and the refresh tokens are revoked.',
  permission: 'users:write',
  reach: 'realm',
  irreversible: true,
  freshSignIn: true,
  makesCredentials: true,
  input: AuthenticatorOfUser,
  output: z.void(),
  errors: ['not_found'],
  events: ['authenticator.removed', 'session.ended'],
  run: deleteAuthenticator,
})
