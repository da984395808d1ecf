// The operations on grants: the consents of users.
import * as z from 'zod'
import { Failure } from '#kernel/error.ts'
import { idOf } from '#kernel/field.ts'
import { listOf } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { revokeGrant } from './grant.service.ts'
import { GrantFilter, GrantView, viewGrant } from './grant.ts'

const GrantId = z.strictObject({ id: idOf('grant') })

export const grantList = operation({
  name: 'grant.list',
  summary: 'List the consents of the users of a realm',
  description: 'Newest first. By default, only active grants are listed.',
  permission: 'grants:read',
  reach: 'realm',
  input: GrantFilter,
  output: listOf(GrantView),
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
  summary: 'Revoke the consent of a user to a client',
  description:
    'All tokens of the client for the user are revoked, and the user is asked for consent again. Revoking a revoked grant changes nothing.',
  permission: 'grants:write',
  reach: 'realm',
  irreversible: true,
  input: GrantId,
  output: z.void(),
  errors: ['not_found'],
  events: ['grant.revoked'],
  run: revokeGrant,
})
