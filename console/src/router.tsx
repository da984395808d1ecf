// Owns the addresses of the console.
import type { QueryClient } from '@tanstack/react-query'
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router'
import { ApiError, loadSession, pastedKey } from './lib/api.ts'
import { currentMe, loadMe } from './lib/me.ts'
import { firstScope, scopeParams } from './lib/scope.ts'
import { Broken, Unknown } from './parts/broken.tsx'
import { Shell } from './parts/shell.tsx'

const root = createRootRouteWithContext<{ queries: QueryClient }>()({
  component: Outlet,
  notFoundComponent: Unknown,
  errorComponent: Broken,
})

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  component: lazyRouteComponent(() => import('./screens/sign-in.tsx'), 'SignIn'),
})
const signedIn = createRoute({
  getParentRoute: () => root,
  path: '/signed-in',
  component: lazyRouteComponent(() => import('./screens/signed-in.tsx'), 'SignedIn'),
})

/** Everything that needs to know who calls. */
const inside = createRoute({
  getParentRoute: () => root,
  id: 'inside',
  component: Shell,
  beforeLoad: async ({ location }) => {
    if (currentMe()) return
    const to = location.href.replace(/^\/admin\/ui/, '').replace(/^\//, '')
    try {
      const isSignedIn = pastedKey() !== null || (await loadSession()).signed_in
      if (isSignedIn) await loadMe()
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401) throw error
    }
    if (!currentMe()) throw redirect({ to: '/sign-in', search: to ? { to } : {} } as never)
  },
})

const toOverview = () => redirect({ to: '/t/$tenant/$realm/overview', params: scopeParams(firstScope()) } as never)

const index = createRoute({
  getParentRoute: () => inside,
  path: '/',
  beforeLoad: () => {
    throw toOverview()
  },
})
const start = createRoute({
  getParentRoute: () => inside,
  path: '/start',
  beforeLoad: () => {
    throw redirect({ to: '/t/$tenant/$realm/start', params: scopeParams(firstScope()) } as never)
  },
})
const operation = createRoute({
  getParentRoute: () => inside,
  path: '/t/$tenant/$realm/o/$operation',
  component: lazyRouteComponent(() => import('./screens/operation.tsx'), 'OperationScreen'),
})
/** The pages of AuthPlane and SemAuth, and those of a colleague's link without a scope: they get the first scope. */
const short = createRoute({
  getParentRoute: () => inside,
  path: '/$page',
  beforeLoad: ({ params, search }) => {
    const other: Readonly<Record<string, string>> = {
      'api-access': 'api-clients',
      audit: 'events',
      providers: 'identity-providers',
      'signing-keys': 'keys',
    }
    const page = other[params.page] ?? params.page
    throw redirect({ to: '/t/$tenant/$realm/$page', params: { ...scopeParams(firstScope()), page }, search } as never)
  },
})
const shortItem = createRoute({
  getParentRoute: () => inside,
  path: '/$page/$key',
  beforeLoad: ({ params }) => {
    throw redirect({
      to: '/t/$tenant/$realm/$page/$key',
      params: { ...scopeParams(firstScope()), ...params },
    } as never)
  },
})
const overview = createRoute({
  getParentRoute: () => inside,
  path: '/t/$tenant/$realm/overview',
  component: lazyRouteComponent(() => import('./screens/overview.tsx'), 'Overview'),
})
const page = createRoute({
  getParentRoute: () => inside,
  path: '/t/$tenant/$realm/$page',
  component: lazyRouteComponent(() => import('./screens/page.tsx'), 'PageScreen'),
})
const item = createRoute({
  getParentRoute: () => inside,
  path: '/t/$tenant/$realm/$page/$key',
  component: lazyRouteComponent(() => import('./screens/item.tsx'), 'ItemScreen'),
})

/** The router. Search parameters are plain texts. */
export function makeRouter(queries: QueryClient) {
  return createRouter({
    routeTree: root.addChildren([
      signIn,
      signedIn,
      inside.addChildren([index, start, overview, operation, page, item, short, shortItem]),
    ]),
    basepath: '/admin/ui',
    context: { queries },
    defaultPreload: 'intent',
    defaultErrorComponent: Broken,
    parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
    stringifySearch: (search) => {
      const entries = Object.entries(search).filter(([, value]) => value !== undefined && value !== '')
      const text = new URLSearchParams(entries.map(([name, value]) => [name, String(value)])).toString()
      return text ? `?${text}` : ''
    },
  })
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof makeRouter>
  }
}
