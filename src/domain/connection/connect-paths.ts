// The addresses at which users connect their accounts at providers, and at which clients reach the APIs of these.

/** Where a person connects an account at a provider, below the realm's base URL: below it is the slug of the provider. */
export const CONNECT_PATH = '/connect'

/** The same below the path of a vault, as other servers have it, and the address of the vault as an API. */
export const VAULT_PATH = '/api/v1/vault'

/** Which paths a person takes: those of {@link CONNECT_PATH}, or of {@link VAULT_PATH}. */
export type ConnectPaths = 'connect' | 'vault'

/** The page of a provider. */
const PAGES = new RegExp(`^(${VAULT_PATH})?${CONNECT_PATH}/[a-z0-9_-]{1,64}$`)

interface Named {
  readonly slug: string
}

/** Where a person connects an account at a provider, below the realm's base URL. */
export function connectPath({ slug }: Named, paths: ConnectPaths = 'connect'): string {
  return `${paths === 'vault' ? VAULT_PATH : ''}${CONNECT_PATH}/${slug}`
}

/** Whether a path is one at which a person connects an account. */
export function isConnectPath(path: string): boolean {
  return PAGES.test(path)
}

/** Where a provider returns people, below the realm's base URL. */
export function callbackPath(provider: Named, paths: ConnectPaths = 'connect'): string {
  return paths === 'vault' ? `${VAULT_PATH}/callback/${provider.slug}` : `${connectPath(provider)}/callback`
}

/** Where clients reach the API of a provider, below the realm's base URL. */
export function proxyPath(provider: Named): string {
  return `${connectPath(provider)}/proxy/`
}

/**
 * Where a user allows a client to use a resource of a provider, and connects an account.
 * @param issuer of the realm of the provider
 * @param asked the public id of the client, and the scopes that it asks for; undefined for all that it can ask for
 */
export function consentUrlOf(
  issuer: string,
  provider: Named,
  resource: Named,
  { clientId, scope }: { readonly clientId: string; readonly scope?: string | undefined },
): string {
  const query = new URLSearchParams({
    resource: resource.slug,
    client_id: clientId,
    ...(scope !== undefined && { scope }),
  })
  return `${issuer}${connectPath(provider)}?${query}`
}
