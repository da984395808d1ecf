// Owns the paths of the server itself: health, metrics, assets, and the metadata and start page of the admin listener.
import { ACCOUNT_PATHS } from '#domain/account/account-paths.ts'
import { adminRealmOfTenant } from '#domain/admin-realm/admin-realm.store.ts'
import { CONSOLE_BASE } from '#domain/console/console-handoff.ts'
import type { Services } from '#domain/open-context.ts'
import { issuerOf } from '#domain/realm/realm.ts'
import { ADMIN_SCOPE } from '#domain/resource/platform-api.ts'
import { RESOURCE_METADATA_PATH } from '#domain/resource/protected-resource.ts'
import { Failure } from '#kernel/error.ts'
import { parseId } from '#kernel/id.ts'
import { adminErrorPage } from '#pages/admin-error.page.ts'
import { getStartedPage } from '#pages/get-started.page.ts'
import { administrationPage, signInServerPage } from '#pages/landing.page.ts'
import { ASSETS } from '#pages/views/assets.ts'
import { ADMIN_ERRORS_PATH } from '#surfaces/surface.ts'
import { refuseAsJson } from '#web/reply.ts'
import { bootstrapRoutes } from './bootstrap-routes.ts'
import { consoleRoutes, toConsole } from './console/console-routes.ts'
import { formOf, parametersOf } from './form.ts'
import { healthRoutes } from './health.ts'
import { plainRoute } from './plain-route.ts'
import { jsonReply, plainRefusal } from './reply.ts'
import { originOf } from './request.ts'
import type { RouteGroup } from './route.ts'

const GET_STARTED_PATH = '/admin/get-started'
/** The name of the link's secret. */
const TOKEN = 'bootstrap'

// The path of an asset changes with its content, so a browser may keep it for a year.
const assets = ASSETS.map(({ path, type, text }) => {
  const headers = { 'cache-control': 'public, max-age=31536000, immutable', 'content-type': type }
  return plainRoute({ listener: 'both', path: path as `/${string}`, name: 'asset' }, () => ({
    status: 200,
    headers,
    body: text,
  }))
})

const metrics = plainRoute(
  { listener: 'admin', path: '/metrics', name: 'metrics' },
  async ({ telemetry: { metrics: figures } }) => ({
    status: 200,
    headers: { 'content-type': figures.contentType },
    body: await figures.text(),
  }),
)

/**
 * The admin API's metadata as a protected resource (RFC 9728 §3): it says where a program gets tokens. `?tenant={id}` asks
 * for another tenant's admin realm than the first one's. A slug is not accepted, because anybody could guess who has one.
 */
const adminMetadata = plainRoute(
  { listener: 'admin', path: RESOURCE_METADATA_PATH, name: 'admin_metadata' },
  async ({ services: { registry, database } }, { query }) => {
    const asked = parametersOf(query).get('tenant')
    const tenantId = asked === undefined ? undefined : parseId('tenant', asked)
    const isFindable = asked === undefined || tenantId !== undefined
    const id = isFindable ? await adminRealmOfTenant(database.read, tenantId) : undefined
    const place = id === undefined ? undefined : await registry.realmById(id)
    if (!place) throw new Failure('not_found', 'No tenant has this id. A slug is not accepted here.')
    const { adminUrl } = registry.settings
    return jsonReply(200, {
      resource: adminUrl,
      resource_name: 'Countersign Admin API',
      authorization_servers: [issuerOf(place.realm, registry.settings)],
      scopes_supported: [ADMIN_SCOPE],
      bearer_methods_supported: ['header'],
      resource_documentation: `${adminUrl}/docs`,
    })
  },
)

/** The address where the administrators of the first tenant change what they sign in with. */
async function accountAddress({ registry, database }: Services): Promise<string | undefined> {
  const id = await adminRealmOfTenant(database.read)
  const place = id === undefined ? undefined : await registry.realmById(id)
  return place && issuerOf(place.realm, registry.settings) + ACCOUNT_PATHS.overview
}

/** The page behind the link that a new installation prints. */
const getStarted = plainRoute(
  { listener: 'admin', methods: ['GET', 'POST'], path: GET_STARTED_PATH, name: 'get_started' },
  async ({ services, console: build }, request) =>
    getStartedPage(services, {
      method: request.method,
      headers: request.headers,
      origin: originOf(request, 'pages'),
      token: parametersOf(request.query).get(TOKEN),
      form: formOf(request),
      action: GET_STARTED_PATH,
      continueTo: { uri: build ? `${CONSOLE_BASE}sign-in/start?to=start` : '/admin' },
      account: await accountAddress(services),
    }),
  refuseAsJson,
)

/** The pages about the errors of the admin APIs. */
const adminError = plainRoute(
  { listener: 'admin', path: `${ADMIN_ERRORS_PATH}/{code}`, name: 'admin_error' },
  (_context, { params, headers }) => adminErrorPage(params.code ?? '', headers),
)

const landing = (['/', '/admin'] as const).flatMap((path) => [
  plainRoute({ listener: 'public', path, name: 'start' }, (_context, { headers }) => signInServerPage(headers)),
  plainRoute({ listener: 'admin', path, name: 'start' }, async (context, request) => {
    const { apiDocs, services } = context
    const account = await accountAddress(services)
    return toConsole(context, request) ?? administrationPage({ docs: apiDocs, account }, request.headers)
  }),
])

/** The server's own paths besides the API documents. */
export const serverRoutes: RouteGroup = {
  name: 'server',
  prefixes: [],
  routes: [
    ...assets,
    ...healthRoutes,
    ...bootstrapRoutes,
    ...[metrics, adminMetadata, getStarted, adminError],
    ...landing,
    ...consoleRoutes,
  ],
  // Where one listener serves everything, the admin API is the resource at its address.
  isMeant: ({ path }) => path === RESOURCE_METADATA_PATH,
  refuse: (_context, _request, failure) => plainRefusal(failure),
}
