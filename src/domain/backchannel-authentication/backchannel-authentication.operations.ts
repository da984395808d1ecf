// The operations on backchannel authentications.
import * as z from 'zod'
import { Failure } from '#kernel/error.ts'
import { idOf } from '#kernel/field.ts'
import { listOf, mapPage } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import {
  BackchannelAuthenticationQuery,
  BackchannelAuthenticationView,
  viewBackchannelAuthentication,
} from './backchannel-authentication.ts'

export const backchannelAuthenticationList = operation({
  name: 'backchannel_authentication.list',
  summary: 'List what clients asked users to approve elsewhere',
  description:
    'Newest first, with what the users decided (OpenID Connect CIBA). Entries are kept after their end as long as the setting session_retention_days says; the events stay.',
  permission: 'grants:read',
  reach: 'realm',
  input: BackchannelAuthenticationQuery,
  output: listOf(BackchannelAuthenticationView),
  errors: ['not_found'],
  events: [],
  run: async ({ read, scope }, query) =>
    mapPage(await read.backchannelAuthentications.list(realmOf(scope).id, query), viewBackchannelAuthentication),
})

export const backchannelAuthenticationGet = operation({
  name: 'backchannel_authentication.get',
  summary: 'Show what a client asked a user to approve elsewhere',
  permission: 'grants:read',
  reach: 'realm',
  input: z.strictObject({ id: idOf('backchannel_authentication') }),
  output: BackchannelAuthenticationView,
  errors: ['not_found'],
  events: [],
  run: async ({ read, scope }, { id }) => {
    const request = await read.backchannelAuthentications.find(realmOf(scope).id, id)
    if (!request) throw new Failure('not_found')
    return viewBackchannelAuthentication(request)
  },
})
