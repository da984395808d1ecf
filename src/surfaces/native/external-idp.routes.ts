// An identity provider as SemAuth’s document has it: one that speaks OpenID Connect, with a label.
import { identityProviderCreate } from '#domain/identity-provider/identity-provider.operations.ts'
import { IdentityProviderView, NewOidcSettings } from '#domain/identity-provider/identity-provider.ts'
import { DocumentedOidcSettings } from '#domain/identity-provider/openid-settings.ts'
import type { Route } from '../surface.ts'
import { created, representation, rowWith } from './dialect.ts'

type Setting = keyof typeof DocumentedOidcSettings.shape
const settings = Object.keys(DocumentedOidcSettings.shape) as Setting[]
const required = ([...settings, 'clientSecret'] as const).filter(
  (name) => !NewOidcSettings.shape[name].safeParse(undefined).success,
)

const codecs = Object.fromEntries(settings.map((name) => [name, { schema: NewOidcSettings.shape[name] }]))

const externalIdp = representation(IdentityProviderView, {
  names: { name: 'label' },
  codecs,
  pick: ['id', 'name', 'enabled', ...settings, 'callbackUrl', 'createdAt'],
})

export const externalIdpRoutes: readonly Route[] = [
  rowWith('POST /v1/realms/{issuer_id}/external-idps', identityProviderCreate, created(externalIdp), {
    fixed: { providerType: 'oidc' },
    pick: ['name', 'enabled', ...settings, 'clientSecret'],
    codecs: { clientSecret: { schema: NewOidcSettings.shape.clientSecret } },
    required,
  }),
]
