// The operations on delegation grants.
import * as z from 'zod'
import { idOf } from '#kernel/field.ts'
import { listOf, mapPage } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { createDelegationGrant, getDelegationGrant, revokeDelegationGrant } from './delegation-grant.service.ts'
import {
  DelegationGrantFields,
  DelegationGrantFilter,
  DelegationGrantView,
  NewDelegationGrant,
} from './delegation-grant.ts'

const DelegationGrantId = z.strictObject({ id: idOf('delegation_grant') })

export const delegationGrantCreate = operation({
  name: 'delegation_grant.create',
  summary: 'Let a client act for a user or with the tokens of another client',
  description:
    'The client exchanges tokens of the user, or of the other client, for tokens of its own with at most these scopes and resources (RFC 8693). It needs no other permission for that. Of several grants, the newest applies that has tokens left.',
  permission: 'delegation-grants:write',
  reach: 'realm',
  freshSignIn: true,
  input: NewDelegationGrant,
  output: DelegationGrantView,
  errors: ['not_found', 'conflict', 'invalid_target'],
  events: ['delegation_grant.created'],
  run: createDelegationGrant,
})

export const delegationGrantList = operation({
  name: 'delegation_grant.list',
  summary: 'List the delegation grants of a realm',
  description: 'Newest first. By default, revoked grants are left out.',
  permission: 'delegation-grants:read',
  reach: 'realm',
  input: DelegationGrantFilter,
  output: listOf(DelegationGrantView),
  errors: ['not_found'],
  events: [],
  run: async ({ read, scope }, query) =>
    mapPage(await read.delegationGrants.list(realmOf(scope).id, query), DelegationGrantFields.show),
})

export const delegationGrantGet = operation({
  name: 'delegation_grant.get',
  summary: 'Show a delegation grant',
  permission: 'delegation-grants:read',
  reach: 'realm',
  input: DelegationGrantId,
  output: DelegationGrantView,
  errors: ['not_found'],
  events: [],
  run: getDelegationGrant,
})

export const delegationGrantRevoke = operation({
  name: 'delegation_grant.revoke',
  summary: 'Revoke a delegation grant',
  description:
    'The tokens that were issued by it are revoked with it, and all that they were exchanged for. Revoking a revoked grant changes nothing.',
  permission: 'delegation-grants:write',
  reach: 'realm',
  irreversible: true,
  input: DelegationGrantId,
  output: z.void(),
  errors: ['not_found'],
  events: ['delegation_grant.revoked'],
  run: revokeDelegationGrant,
})
