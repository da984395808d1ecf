// Decides about resources that stand for an API of a provider: which provider, and which requests are let through to it.
import { Failure, type Flaw, flawed } from '#kernel/error.ts'
import { parseId } from '#kernel/id.ts'
import type { BrokerProvider } from '../broker-provider/broker-provider.ts'
import type { Context, Stores } from '../context.ts'
import { issuerOf } from '../realm/realm.ts'
import { isBrokerResource, type NewResource, NO_BROKER, type Resource } from './resource.ts'

const BROKER_MEMBERS = ['vending', 'returnUrls', 'proxyUrl', 'proxyRules'] as const

/**
 * The provider that a new resource names; undefined for a resource of another kind.
 * @throws Failure `invalid_input` for one that is missing, unknown, or named by a slug that several realms have
 */
export async function providerOfNew(
  context: Context,
  { backend, brokerProvider: named }: Pick<NewResource, 'backend' | 'brokerProvider'>,
): Promise<BrokerProvider | undefined> {
  if (backend !== 'broker') {
    if (named !== undefined) throw flawed('brokerProvider', 'only for a resource with the backend broker')
    return undefined
  }
  if (named === undefined) throw flawed('brokerProvider', 'is required for a resource with the backend broker')
  const { read, scope } = context
  const found = await read.brokerProviders.named({ id: parseId('broker_provider', named), slug: named })
  const [provider] =
    scope.realm && found.length > 1 ? found.filter(({ realmId }) => realmId === scope.realm?.id) : found
  if (!provider) throw flawed('brokerProvider', 'there is no such provider')
  if (found.length > 1 && !scope.realm) throw flawed('brokerProvider', 'several realms have this slug: give the id')
  return provider
}

/** The identifier of a new resource. @throws Failure `invalid_input` where it has to be given */
export async function identifierOfNew(
  { registry }: Context,
  { identifier, slug }: Pick<NewResource, 'identifier' | 'slug'>,
  provider: BrokerProvider | undefined,
): Promise<string> {
  if (identifier !== undefined) return identifier
  if (!provider) throw flawed('identifier', 'is required')
  if (slug === undefined) throw flawed('slug', 'give a slug or an identifier')
  const place = await registry.realmById(provider.realmId)
  if (!place) throw new Failure('not_found')
  return `${issuerOf(place.realm, registry.settings)}/resources/${slug}`
}

/**
 * What a resource has of its provider; the initial values for a resource of another kind.
 * @throws Failure `invalid_input` for settings of a broker resource at another one
 */
export function brokerSettings(
  { network }: Pick<Context, 'network'>,
  resource: Pick<Resource, 'backend' | 'scopes' | (typeof BROKER_MEMBERS)[number]>,
  provider: BrokerProvider | undefined,
): Pick<Resource, keyof typeof NO_BROKER> {
  if (!provider) {
    const given = BROKER_MEMBERS.filter((name) => JSON.stringify(resource[name]) !== JSON.stringify(NO_BROKER[name]))
    const flaws: Flaw[] = given.map((path) => ({ path, message: 'only for a resource with the backend broker' }))
    if (resource.scopes.some(({ upstream }) => upstream !== undefined)) {
      flaws.push({ path: 'scopes', message: 'upstream is only for a resource with the backend broker' })
    }
    const [first] = flaws
    if (first) throw new Failure('invalid_input', { message: `${first.path}: ${first.message}`, flaws })
    return NO_BROKER
  }
  const { vending, returnUrls, proxyUrl, proxyRules } = resource
  checkProxyUrl(network, proxyUrl, provider)
  return {
    ...{ brokerProviderId: provider.id, vending: vending ?? 'leashed' },
    ...{ returnUrls, proxyUrl, proxyRules },
  }
}

/** The provider of a resource; undefined for a resource of another kind. */
export async function providerOf(
  stores: Pick<Stores, 'brokerProviders'>,
  resource: Resource,
): Promise<BrokerProvider | undefined> {
  if (!isBrokerResource(resource)) return undefined
  const [provider] = await stores.brokerProviders.named({ id: resource.brokerProviderId, slug: '' })
  return provider
}

// Tokens of the provider go nowhere else than where those say who administer the provider.
function checkProxyUrl(network: Context['network'], proxyUrl: string | null, { apiUrl }: BrokerProvider): void {
  if (proxyUrl === null) return
  if (apiUrl === null) throw flawed('proxyUrl', 'the provider has no api_url')
  try {
    network.checkUrl(proxyUrl)
  } catch (error) {
    if (error instanceof Failure) throw flawed('proxyUrl', error.message)
    throw error
  }
  if (isBelow(apiUrl, proxyUrl)) return
  throw flawed('proxyUrl', `must be below the api_url of the provider, ${apiUrl}`)
}

/** Parts of a path that servers read in different ways. */
const AMBIGUOUS = /%(2[5ef]|5c)|;|\/\//i

function isBelow(apiUrl: string, proxyUrl: string): boolean {
  const [api, url] = [new URL(apiUrl), new URL(proxyUrl)]
  const base = api.pathname.replace(/\/$/, '')
  const rest = url.pathname.slice(base.length)
  return url.origin === api.origin && url.pathname.startsWith(base) && /^(\/|$)/.test(rest) && !AMBIGUOUS.test(rest)
}

/**
 * Where the API of a resource begins.
 * @throws Failure `invalid_target` where the provider has none, or has another one than when the resource was set
 */
export function apiOf({ proxyUrl }: Pick<Resource, 'proxyUrl'>, { apiUrl }: Pick<BrokerProvider, 'apiUrl'>): string {
  if (apiUrl === null) throw new Failure('invalid_target', 'The provider has no api_url.')
  if (proxyUrl === null || isBelow(apiUrl, proxyUrl)) return (proxyUrl ?? apiUrl).replace(/\/$/, '')
  throw new Failure('invalid_target', 'The proxy_url of the resource is not below the api_url of the provider.')
}
