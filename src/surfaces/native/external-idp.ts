// An identity provider as SemAuth’s document has it: one that speaks OpenID Connect, with a label.
import * as z from 'zod'
import {
  type IdentityProviderView,
  NewIdentityProvider,
  NewOidcSettings,
  OidcSettings,
} from '#domain/identity-provider/identity-provider.ts'
import { idOut, time } from '#kernel/field.ts'
import type { Spelling } from './row.ts'

const NewExternalIdp = z.strictObject({
  label: NewIdentityProvider.shape.name,
  enabled: NewIdentityProvider.shape.enabled,
  ...NewOidcSettings.shape,
})

const ExternalIdp = z.object({
  id: idOut('identity_provider'),
  label: z.string(),
  enabled: z.boolean(),
  ...OidcSettings.shape,
  callbackUrl: z.string(),
  createdAt: time,
})

/** `POST /v1/realms/{issuer_id}/external-idps`: over the operation that creates an identity provider. */
export const EXTERNAL_IDP: Spelling<typeof NewExternalIdp, typeof ExternalIdp> = {
  input: NewExternalIdp,
  toInput: ({ label, ...given }) => ({ ...given, name: label, providerType: 'oidc' }),
  output: ExternalIdp,
  toOutput: ({ name, ...shown }: IdentityProviderView) => ({ ...shown, label: name }) as z.input<typeof ExternalIdp>,
}
