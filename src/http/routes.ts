// Owns the table of every path that is served. Listeners mount it, and golden/routes.txt shows it.
import { pageEndpoints } from '#pages/pages.ts'
import { endpoints } from '#protocol/endpoints.ts'
import { apiDocsRoutes } from './api-docs.ts'
import { realmRoutes } from './realm-routes.ts'
import type { RouteGroup } from './route.ts'
import { serverRoutes } from './server-routes.ts'
import { lazyRoutes, nativeRoutes } from './surface-routes.ts'

/** The groups that are mounted when a listener opens. */
export function mountedGroups({ apiDocs }: { readonly apiDocs: boolean }): readonly RouteGroup[] {
  return [nativeRoutes, ...realmRoutes(endpoints, pageEndpoints), ...(apiDocs ? [apiDocsRoutes()] : []), serverRoutes]
}

/** Every group, those that are mounted when first asked for among them. */
export async function everyGroup(): Promise<readonly RouteGroup[]> {
  const [native, ...others] = mountedGroups({ apiDocs: true })
  const lazy = await Promise.all(lazyRoutes().map(({ load }) => load()))
  return [...(native ? [native] : []), ...lazy.flat(), ...others]
}
