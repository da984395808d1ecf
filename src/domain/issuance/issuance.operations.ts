// The operations on issued tokens.
import * as z from 'zod'
import { idOf } from '#kernel/field.ts'
import { listOf } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { getIssuance, listIssuances, revokeIssuance } from './issuance.service.ts'
import { IssuanceFilter, IssuanceView, IssuanceWithClaims } from './issuance.ts'

const IssuanceId = z.strictObject({ id: idOf('issuance') })

export const issuanceList = operation({
  name: 'issuance.list',
  summary: 'List the issued tokens of a realm',
  description: 'Newest first: client, user, resource, scopes and expiry time. The token itself is never shown.',
  permission: 'issuances:read',
  reach: 'realm',
  input: IssuanceFilter,
  output: listOf(IssuanceView),
  errors: ['not_found'],
  events: [],
  run: listIssuances,
})

export const issuanceGet = operation({
  name: 'issuance.get',
  summary: 'Show an issued token',
  permission: 'issuances:read',
  reach: 'realm',
  input: IssuanceId,
  output: IssuanceWithClaims,
  errors: ['not_found'],
  events: [],
  run: (context, { id }) => getIssuance(context, id),
})

export const issuanceRevoke = operation({
  name: 'issuance.revoke',
  summary: 'Revoke an issued token',
  description:
    'Introspection and userinfo refuse the token immediately. An API that only verifies the signature accepts it until it expires. Revoking a revoked token changes nothing.',
  permission: 'issuances:write',
  reach: 'realm',
  irreversible: true,
  input: IssuanceId,
  output: z.void(),
  errors: ['not_found', 'conflict'],
  events: ['token.revoked'],
  run: revokeIssuance,
})
