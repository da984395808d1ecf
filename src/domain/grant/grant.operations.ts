import * as z from 'zod'
import { Failure } from '#kernel/error.ts'
import { idOf } from '#kernel/field.ts'
import { pageOf } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { revokeGrant } from './grant.service.ts'
import { GrantFilter, GrantView, viewGrant } from './grant.ts'

const GrantId = z.strictObject({ id: idOf('grant') })

export const grantList = operation({
  name: 'grant.list',
  summary: 'List what a realm’s users allowed its clients',
  description: 'Newest first; only what still holds, unless revoked grants are asked for.',
  permission: 'grants:read',
  reach: 'realm',
  input: GrantFilter,
  output: pageOf(GrantView),
  errors: ['not_found'],
  events: [],
  run: async ({ read, scope }, query) => {
    const { data, nextCursor } = await read.grants.list(realmOf(scope).id, query)
    return { data: data.map(viewGrant), nextCursor }
  },
})

export const grantGet = operation({
  name: 'grant.get',
  summary: 'Show a grant',
  permission: 'grants:read',
  reach: 'realm',
  input: GrantId,
  output: GrantView,
  errors: ['not_found'],
  events: [],
  run: async ({ read, scope }, { id }) => {
    const grant = await read.grants.findById(realmOf(scope).id, id)
    if (!grant) throw new Failure('not_found')
    return viewGrant(grant)
  },
})

export const grantRevoke = operation({
  name: 'grant.revoke',
  summary: 'Revoke what a user allowed a client',
  description:
    'Every token that the client holds for the user is revoked, and the user is asked again. Revoking a revoked grant changes nothing.',
  permission: 'grants:write',
  reach: 'realm',
  input: GrantId,
  output: z.void(),
  errors: ['not_found'],
  events: ['grant.revoked'],
  run: revokeGrant,
})
