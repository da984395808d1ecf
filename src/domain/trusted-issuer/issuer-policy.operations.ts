// The operations on the policies of trusted issuers.
import * as z from 'zod'
import { idOf } from '#kernel/field.ts'
import { listOf } from '#kernel/page.ts'
import { operation } from '../context.ts'
import {
  createIssuerPolicy,
  deleteIssuerPolicy,
  getIssuerPolicy,
  listIssuerPolicies,
  updateIssuerPolicy,
} from './issuer-policy.service.ts'
import { IssuerPolicyPatch, IssuerPolicyQuery, IssuerPolicyView, NewIssuerPolicy } from './trusted-issuer.ts'

const IssuerPolicyId = z.strictObject({ id: idOf('issuer_policy') })

export const issuerPolicyCreate = operation({
  name: 'issuer_policy.create',
  summary: 'Allow something with the assertions of a trusted issuer',
  permission: 'trusted-issuers:write',
  reach: 'realm',
  freshSignIn: true,
  makesCredentials: true,
  input: NewIssuerPolicy,
  output: IssuerPolicyView,
  errors: ['not_found', 'limit_reached', 'invalid_target', 'precondition_failed'],
  events: ['trusted_issuer.updated'],
  run: createIssuerPolicy,
})

export const issuerPolicyList = operation({
  name: 'issuer_policy.list',
  summary: 'List the policies of the trusted issuers of a realm',
  permission: 'trusted-issuers:read',
  reach: 'realm',
  input: IssuerPolicyQuery,
  output: listOf(IssuerPolicyView),
  errors: ['not_found'],
  events: [],
  run: listIssuerPolicies,
})

export const issuerPolicyGet = operation({
  name: 'issuer_policy.get',
  summary: 'Show a policy of a trusted issuer',
  permission: 'trusted-issuers:read',
  reach: 'realm',
  input: IssuerPolicyId,
  output: IssuerPolicyView,
  errors: ['not_found'],
  events: [],
  run: getIssuerPolicy,
})

export const issuerPolicyUpdate = operation({
  name: 'issuer_policy.update',
  summary: 'Change a policy of a trusted issuer',
  description: 'Only the given members change; lists are replaced as a whole. Issued tokens do not change.',
  permission: 'trusted-issuers:write',
  reach: 'realm',
  freshSignIn: true,
  makesCredentials: true,
  input: IssuerPolicyPatch,
  output: IssuerPolicyView,
  errors: ['not_found', 'invalid_target', 'precondition_failed'],
  events: ['trusted_issuer.updated'],
  run: updateIssuerPolicy,
})

export const issuerPolicyDelete = operation({
  name: 'issuer_policy.delete',
  summary: 'Delete a policy of a trusted issuer',
  description: 'Tokens that were issued by it are valid until they expire.',
  permission: 'trusted-issuers:write',
  reach: 'realm',
  irreversible: true,
  input: IssuerPolicyId,
  output: z.void(),
  errors: ['not_found', 'precondition_failed'],
  events: ['trusted_issuer.updated'],
  run: deleteIssuerPolicy,
})
