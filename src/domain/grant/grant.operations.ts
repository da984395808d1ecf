// The operations on grants: the consents of users.
import * as z from 'zod'
import { Failure } from '#kernel/error.ts'
import { idOf } from '#kernel/field.ts'
import { listOf } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { revokeGrant } from './grant.service.ts'
import { GrantFilter, GrantPattern, GrantsRevoked, GrantView, GrantWithClient, NewGrant, viewGrant } from './grant.ts'
import { giveGrant, listGrants, revokeMatching } from './grant-administration.service.ts'

const GrantId = z.strictObject({ id: idOf('grant') })

export const grantList = operation({
  name: 'grant.list',
  summary: 'List the consents of the users of a realm',
  description: 'Newest first. By default, only active grants are listed.',
  permission: 'grants:read',
  reach: 'realm',
  input: GrantFilter,
  output: listOf(GrantWithClient),
  errors: ['not_found'],
  events: [],
  run: listGrants,
})

export const grantCreate = operation({
  name: 'grant.create',
  summary: 'Give a client a consent in the name of a user',
  description:
    'The client can then get these scopes for the user without asking. What the user allowed before stays allowed. The event names the caller.',
  permission: 'grants:write',
  reach: 'realm',
  freshSignIn: true,
  input: NewGrant,
  output: GrantWithClient,
  errors: ['not_found', 'conflict', 'invalid_target'],
  events: ['grant.created', 'grant.updated'],
  run: giveGrant,
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

export const grantRevokeMatching = operation({
  name: 'grant.revoke_matching',
  summary: 'Revoke the consents of all clients whose client ids match a pattern',
  description:
    'The tokens of these clients are revoked too, with all that they were exchanged for. The clients stay, and can ask for new consents and tokens.',
  permission: 'grants:write',
  reach: 'realm',
  irreversible: true,
  alsoNeeds: [{ permission: 'revocations:write', when: 'always: tokens are revoked' }],
  input: GrantPattern,
  output: GrantsRevoked,
  errors: ['not_found', 'limit_reached'],
  events: ['grant.bulk_revoked'],
  run: revokeMatching,
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
