// The operations on initial access tokens.
import * as z from 'zod'
import { idOf } from '#kernel/field.ts'
import { listOf, mapPage } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { createInitialAccessToken, revokeInitialAccessToken } from './initial-access-token.service.ts'
import {
  InitialAccessTokenFields,
  InitialAccessTokenQuery,
  InitialAccessTokenView,
  InitialAccessTokenWithSecret,
  NewInitialAccessToken,
} from './initial-access-token.ts'

export const initialAccessTokenCreate = operation({
  name: 'initial_access_token.create',
  summary: 'Create an initial access token',
  description:
    'Who has the token can register clients, also where the realm asks for a token or approves redirect URIs (RFC 7591). The token is shown only in this response.',
  permission: 'clients:write',
  reach: 'realm',
  freshSignIn: true,
  makesCredentials: true,
  input: NewInitialAccessToken,
  output: InitialAccessTokenWithSecret,
  errors: ['not_found'],
  events: ['initial_access_token.created'],
  run: createInitialAccessToken,
})

export const initialAccessTokenList = operation({
  name: 'initial_access_token.list',
  summary: 'List the initial access tokens of a realm',
  permission: 'clients:read',
  reach: 'realm',
  input: InitialAccessTokenQuery,
  output: listOf(InitialAccessTokenView),
  errors: ['not_found'],
  events: [],
  run: async ({ read, scope }, query) =>
    mapPage(await read.initialAccessTokens.list(realmOf(scope).id, query), InitialAccessTokenFields.show),
})

export const initialAccessTokenRevoke = operation({
  name: 'initial_access_token.revoke',
  summary: 'Revoke an initial access token',
  description: 'No more clients can be registered with it. Clients that were registered with it stay.',
  permission: 'clients:write',
  reach: 'realm',
  irreversible: true,
  input: z.strictObject({ id: idOf('initial_access_token') }),
  output: InitialAccessTokenView,
  errors: ['not_found'],
  events: ['initial_access_token.revoked'],
  run: revokeInitialAccessToken,
})
