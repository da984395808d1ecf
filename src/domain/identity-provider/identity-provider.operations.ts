import * as z from 'zod'
import { idOf } from '#kernel/field.ts'
import { numberedPageOf, pageOf } from '#kernel/page.ts'
import { operation } from '../context.ts'
import {
  createIdentityProvider,
  deleteIdentityProvider,
  getIdentityProvider,
  listIdentityProviders,
  surveyIdentityProviders,
  updateIdentityProvider,
} from './identity-provider.service.ts'
import {
  IdentityProviderPatch,
  IdentityProviderQuery,
  IdentityProviderSurvey,
  IdentityProviderView,
  NewIdentityProvider,
} from './identity-provider.ts'

const IdentityProviderId = z.strictObject({ id: idOf('identity_provider') })

export const identityProviderCreate = operation({
  name: 'identity_provider.create',
  summary: 'Create an identity provider',
  description:
    'All its endpoints are given, for nothing is discovered or fetched. Register the callback_url of the answer there. The secret is kept sealed and never shown.',
  permission: 'identity-providers:write',
  reach: 'realm',
  input: NewIdentityProvider,
  output: IdentityProviderView,
  errors: ['not_found', 'unreachable_host'],
  events: ['identity_provider.created'],
  run: createIdentityProvider,
})

export const identityProviderList = operation({
  name: 'identity_provider.list',
  summary: 'List a realm’s identity providers',
  permission: 'identity-providers:read',
  reach: 'realm',
  input: IdentityProviderQuery,
  output: pageOf(IdentityProviderView),
  errors: ['not_found'],
  events: [],
  run: listIdentityProviders,
})

export const identityProviderSurvey = operation({
  name: 'identity_provider.survey',
  summary: 'List identity providers by numbered pages',
  permission: 'identity-providers:read',
  reach: 'tenant',
  across: true,
  input: IdentityProviderSurvey,
  output: numberedPageOf(IdentityProviderView),
  errors: ['access_denied'],
  events: [],
  run: surveyIdentityProviders,
})

export const identityProviderGet = operation({
  name: 'identity_provider.get',
  summary: 'Show an identity provider',
  permission: 'identity-providers:read',
  reach: 'realm',
  input: IdentityProviderId,
  output: IdentityProviderView,
  errors: ['not_found'],
  events: [],
  run: getIdentityProvider,
})

export const identityProviderUpdate = operation({
  name: 'identity_provider.update',
  summary: 'Change an identity provider',
  description:
    'Only what is given changes; lists and the attribute mapping are replaced whole. A secret that is null or left out stays.',
  permission: 'identity-providers:write',
  reach: 'realm',
  input: IdentityProviderPatch,
  output: IdentityProviderView,
  errors: ['not_found', 'unreachable_host', 'precondition_failed'],
  events: ['identity_provider.updated', 'identity_provider.enabled', 'identity_provider.disabled'],
  run: updateIdentityProvider,
})

export const identityProviderDelete = operation({
  name: 'identity_provider.delete',
  summary: 'Delete an identity provider',
  description: 'Nobody signs in with it any more, and its secret is not kept.',
  permission: 'identity-providers:write',
  reach: 'realm',
  input: IdentityProviderId,
  output: z.void(),
  errors: ['not_found'],
  events: ['identity_provider.deleted'],
  run: deleteIdentityProvider,
})
