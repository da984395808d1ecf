// The operations on trusted issuers.
import * as z from 'zod'
import { idOf } from '#kernel/field.ts'
import { listOf, mapPage } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import {
  createIssuerTrust,
  deleteIssuerTrust,
  getIssuerTrust,
  refreshIssuerKeys,
  updateIssuerTrust,
} from './trusted-issuer.service.ts'
import {
  IssuerTrustFields,
  IssuerTrustPatch,
  IssuerTrustQuery,
  IssuerTrustView,
  NewIssuerTrust,
  RefreshedKeys,
} from './trusted-issuer.ts'

const TrustedIssuerId = z.strictObject({ id: idOf('trusted_issuer') })

export const trustedIssuerCreate = operation({
  name: 'trusted_issuer.create',
  summary: 'Trust an issuer of assertions about users',
  description:
    'Clients get tokens for users whom the issuer asserts, as far as its policies allow: by JWT bearer grants (RFC 7523), identity assertion authorization grants, and token exchange.',
  permission: 'trusted-issuers:write',
  reach: 'realm',
  freshSignIn: true,
  makesCredentials: true,
  input: NewIssuerTrust,
  output: IssuerTrustView,
  errors: ['not_found', 'already_exists', 'limit_reached', 'invalid_target'],
  events: ['trusted_issuer.created'],
  run: createIssuerTrust,
})

export const trustedIssuerList = operation({
  name: 'trusted_issuer.list',
  summary: 'List the trusted issuers of a realm',
  permission: 'trusted-issuers:read',
  reach: 'realm',
  input: IssuerTrustQuery,
  output: listOf(IssuerTrustView),
  errors: ['not_found'],
  events: [],
  run: async ({ read, scope }, query) =>
    mapPage(await read.trustedIssuers.list(realmOf(scope).id, query), IssuerTrustFields.show),
})

export const trustedIssuerGet = operation({
  name: 'trusted_issuer.get',
  summary: 'Show a trusted issuer',
  permission: 'trusted-issuers:read',
  reach: 'realm',
  input: TrustedIssuerId,
  output: IssuerTrustView,
  errors: ['not_found'],
  events: [],
  run: getIssuerTrust,
})

export const trustedIssuerUpdate = operation({
  name: 'trusted_issuer.update',
  summary: 'Change a trusted issuer',
  description: 'Only the given members change; lists are replaced as a whole. Issued tokens do not change.',
  permission: 'trusted-issuers:write',
  reach: 'realm',
  freshSignIn: true,
  makesCredentials: true,
  input: IssuerTrustPatch,
  output: IssuerTrustView,
  errors: ['not_found', 'already_exists', 'invalid_target', 'precondition_failed'],
  events: ['trusted_issuer.updated'],
  run: updateIssuerTrust,
})

export const trustedIssuerRefreshKeys = operation({
  name: 'trusted_issuer.refresh_keys',
  summary: 'Fetch the keys of a trusted issuer anew',
  description: 'Keys are fetched by themselves when they are needed and unknown, and are kept for five minutes.',
  permission: 'trusted-issuers:write',
  reach: 'realm',
  input: TrustedIssuerId,
  output: RefreshedKeys,
  errors: ['not_found', 'conflict'],
  events: ['trusted_issuer.keys_fetched'],
  run: refreshIssuerKeys,
})

export const trustedIssuerDelete = operation({
  name: 'trusted_issuer.delete',
  summary: 'Trust an issuer no longer',
  description:
    'Its subject mappings are deleted. Tokens that were issued for its assertions are valid until they expire.',
  permission: 'trusted-issuers:write',
  reach: 'realm',
  irreversible: true,
  input: TrustedIssuerId,
  output: z.void(),
  errors: ['not_found'],
  events: ['trusted_issuer.deleted'],
  run: deleteIssuerTrust,
})
