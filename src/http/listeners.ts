// Owns which listeners there are and what each serves: the public one, the admin one unless both share an address,
// and one for clients with TLS certificates where that is configured.
import type { TlsIdentity } from '#outside/tls-identity.ts'
import { corsHook } from './cors.ts'
import { proxyRule } from './proxies.ts'
import type { HttpContext, RouteGroup, ServedRoute } from './route.ts'
import { type Listener, openListener } from './router.ts'
import { mountedGroups } from './routes.ts'
import { lazyRoutes } from './surface-routes.ts'

/** What of the configuration listeners need. */
export interface ListenersOptions {
  /** Whether one listener serves everything, because both have the same address. */
  readonly isOne: boolean
  readonly trustedProxies: readonly string[]
  /** Whether these proxies send the certificates of clients, at {@link mtlsUrl}. */
  readonly clientCertificateHeader: boolean
  readonly mtlsUrl?: string | undefined
  /** The certificate and key of the listener for clients with certificates; undefined for no such listener. */
  readonly mutualTls?: TlsIdentity | undefined
  /** The origins whose pages may call the admin API. */
  readonly allowedOrigins: readonly string[]
  readonly apiDocs: boolean
  /** Called with each route that a listener's router serves: that of {@link ListenerOptions}, and the listener's name. */
  readonly onRoute?: (listener: 'public' | 'admin', method: string, pattern: string) => void
}

/** Opens the listeners. They do not listen yet. @returns `admin` is the same as `public` if one serves everything */
export function openListeners(
  context: HttpContext,
  {
    isOne,
    trustedProxies,
    clientCertificateHeader,
    mtlsUrl,
    mutualTls: tls,
    allowedOrigins,
    apiDocs,
    onRoute,
  }: ListenersOptions,
): { readonly public: Listener; readonly admin: Listener; readonly mutualTls: Listener | undefined } {
  const groups = mountedGroups({ apiDocs })
  const proxies = proxyRule({ trusted: trustedProxies, certificatesAt: clientCertificateHeader ? mtlsUrl : undefined })
  const mutualTls = tls && openListener({ name: 'mutual TLS', context, proxies, tls, groups: forCertificates(groups) })
  const common = (name: 'public' | 'admin') => ({
    name,
    context,
    proxies,
    ...(onRoute && { onRoute: (method: string, pattern: string) => onRoute(name, method, pattern) }),
  })
  const admin = { lazy: lazyRoutes(), prepare: corsHook(allowedOrigins) }
  if (isOne) {
    const listener = openListener({ ...common('public'), ...admin, groups })
    return { public: listener, admin: listener, mutualTls }
  }
  return {
    public: openListener({ ...common('public'), groups: on('public', groups) }),
    admin: openListener({ ...common('admin'), ...admin, groups: on('admin', groups) }),
    mutualTls,
  }
}

/** The groups with only the routes that belong on a listener. */
function on(name: ServedRoute['listener'], groups: readonly RouteGroup[]): RouteGroup[] {
  return withRoutes(groups, ({ listener }) => listener === name || listener === 'both')
}

/** The groups with only the routes that clients with certificates use. No page is among them, and nothing that reads cookies. */
function forCertificates(groups: readonly RouteGroup[]): RouteGroup[] {
  return withRoutes(groups, ({ mutualTls }) => mutualTls === true)
}

function withRoutes(groups: readonly RouteGroup[], belongs: (route: ServedRoute) => boolean): RouteGroup[] {
  return groups.flatMap((group) => {
    const routes = group.routes.filter(belongs)
    return routes.length > 0 ? [{ ...group, routes }] : []
  })
}
