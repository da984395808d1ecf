// The operations on identity providers.
import * as z from 'zod'
import { idOf } from '#kernel/field.ts'
import { listOf } from '#kernel/page.ts'
import { operation } from '../context.ts'
import {
  createIdentityProvider,
  deleteIdentityProvider,
  getIdentityProvider,
  listIdentityProviders,
  updateIdentityProvider,
} from './identity-provider.service.ts'
import {
  IdentityProviderPatch,
  IdentityProviderQuery,
  IdentityProviderView,
  NewIdentityProvider,
} from './identity-provider.ts'

const IdentityProviderId = z.strictObject({ id: idOf('identity_provider') })

export const identityProviderCreate = operation({
  name: 'identity_provider.create',
  summary: 'Create an identity provider',
  description:
    'For OpenID Connect, give the issuer alone, and the server reads the endpoints from its metadata now; or give all of them. For SAML, give the entity id, the URL for sign-in and the certificates, and register metadata_url, too. A preset fills in what a well-known provider needs. Register the callback_url of the response at the provider. The secret is stored encrypted and never shown.',
  permission: 'identity-providers:write',
  reach: 'realm',
  freshSignIn: true,
  makesCredentials: true,
  input: NewIdentityProvider,
  output: IdentityProviderView,
  errors: ['not_found', 'unreachable_host'],
  events: ['identity_provider.created'],
  run: createIdentityProvider,
})

export const identityProviderList = operation({
  name: 'identity_provider.list',
  summary: 'List identity providers',
  description:
    'The identity providers of a realm, oldest first; the results of a search are ordered by name. Without a realm, those of all realms within the reach, oldest first.',
  permission: 'identity-providers:read',
  reach: 'realm',
  across: true,
  input: IdentityProviderQuery,
  output: listOf(IdentityProviderView),
  errors: ['not_found', 'access_denied'],
  events: [],
  run: listIdentityProviders,
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
    'Only the given members change; lists and the attribute mapping are replaced as a whole. If the secret is null or absent, it does not change.',
  permission: 'identity-providers:write',
  reach: 'realm',
  freshSignIn: true,
  makesCredentials: true,
  input: IdentityProviderPatch,
  output: IdentityProviderView,
  errors: ['not_found', 'unreachable_host', 'precondition_failed'],
  events: ['identity_provider.updated', 'identity_provider.enabled', 'identity_provider.disabled'],
  run: updateIdentityProvider,
})

export const identityProviderDelete = operation({
  name: 'identity_provider.delete',
  summary: 'Delete an identity provider',
  description: 'Users cannot sign in with it any more, and its secret is deleted.',
  permission: 'identity-providers:write',
  reach: 'realm',
  irreversible: true,
  input: IdentityProviderId,
  output: z.void(),
  errors: ['not_found'],
  events: ['identity_provider.deleted'],
  run: deleteIdentityProvider,
})
