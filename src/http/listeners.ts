// Owns which listeners there are and what each serves: the public one, and the admin one unless both share an address.
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
  /** The origins whose pages may call the admin API. */
  readonly allowedOrigins: readonly string[]
  readonly apiDocs: boolean
  /** Called with each route that a listener's router serves: that of {@link ListenerOptions}, and the listener's name. */
  readonly onRoute?: (listener: 'public' | 'admin', method: string, pattern: string) => void
}

/** Opens the listeners. They do not listen yet. @returns `admin` is the same as `public` if one serves everything */
export function openListeners(
  context: HttpContext,
  { isOne, trustedProxies, allowedOrigins, apiDocs, onRoute }: ListenersOptions,
): { readonly public: Listener; readonly admin: Listener } {
  const groups = mountedGroups({ apiDocs })
  const common = (name: 'public' | 'admin') => ({
    name,
    context,
    proxies: proxyRule(trustedProxies),
    ...(onRoute && { onRoute: (method: string, pattern: string) => onRoute(name, method, pattern) }),
  })
  const admin = { lazy: lazyRoutes(), prepare: corsHook(allowedOrigins) }
  if (isOne) {
    const listener = openListener({ ...common('public'), ...admin, groups })
    return { public: listener, admin: listener }
  }
  return {
    public: openListener({ ...common('public'), groups: on('public', groups) }),
    admin: openListener({ ...common('admin'), ...admin, groups: on('admin', groups) }),
  }
}

/** The groups with only the routes that belong on a listener. */
function on(name: ServedRoute['listener'], groups: readonly RouteGroup[]): RouteGroup[] {
  return groups.flatMap((group) => {
    const routes = group.routes.filter(({ listener }) => listener === name || listener === 'both')
    return routes.length > 0 ? [{ ...group, routes }] : []
  })
}
