// Owns the OpenAPI documents of the surfaces and the pages that show them.
import { renderApiDocs } from '#pages/views/api-docs.ts'
import { recordedExamples } from '#surfaces/examples.ts'
import { native } from '#surfaces/native/native.surface.ts'
import { openApi } from '#surfaces/openapi.ts'
import type { Surface } from '#surfaces/surface.ts'
import { everySurface, lazySurfaces } from '#surfaces/surfaces.ts'
import { plainRoute } from './plain-route.ts'
import { HTML_TYPE, JSON_TYPE, plainRefusal } from './reply.ts'
import type { HttpContext, RouteGroup, ServedRoute } from './route.ts'

const PAGE_HEADERS = {
  'content-type': HTML_TYPE,
  'content-security-policy':
    "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
}

type Document = Record<string, unknown>

/** One document of all surfaces, and one with a page of each. Each is made when it is first asked for. */
export function apiDocsRoutes(): RouteGroup {
  return {
    name: 'docs',
    prefixes: [],
    routes: [
      jsonRoute('/openapi.json', 'openapi', documentOf(everySurface)),
      ...surfaceRoutes('native', '/docs', async () => native),
      ...lazySurfaces.flatMap(({ name, load }) => surfaceRoutes(name, `/docs/${name}`, load)),
    ],
    refuse: (_context, _request, failure) => plainRefusal(failure),
  }
}

function surfaceRoutes(name: string, pagePath: `/${string}`, load: () => Promise<Surface>): ServedRoute[] {
  const document = documentOf(async () => [await load()])
  return [
    jsonRoute(`/openapi/${name}.json`, `openapi ${name}`, document),
    plainRoute({ listener: 'admin', path: pagePath, name: `docs ${name}` }, async (context, { query }) => {
      const selection = {
        path: pagePath,
        search: textOf(query, 'q'),
        operation: textOf(query, 'operation') || undefined,
      }
      const body = renderApiDocs(await document(context), { ...selection, documentUrl: `/openapi/${name}.json` })
      return { status: 200, headers: PAGE_HEADERS, body }
    }),
  ]
}

/** A parameter of a query, at most 100 characters of it. */
function textOf(query: string, name: string): string {
  return (new URLSearchParams(query).get(name) ?? '').slice(0, 100)
}

function jsonRoute(
  path: `/${string}`,
  name: string,
  document: (context: HttpContext) => Promise<Document>,
): ServedRoute {
  return plainRoute({ listener: 'admin', path, name }, async (context) => ({
    status: 200,
    headers: { 'content-type': JSON_TYPE },
    body: JSON.stringify(await document(context)),
  }))
}

function documentOf(load: () => Promise<readonly Surface[]>): (context: HttpContext) => Promise<Document> {
  let document: Document | undefined
  return async ({ version, services }) => {
    if (document) return document
    const surfaces = await load()
    document ??= {
      ...openApi(surfaces, version, await recordedExamples(surfaces)),
      servers: [{ url: services.registry.settings.adminUrl }],
    }
    return document
  }
}
