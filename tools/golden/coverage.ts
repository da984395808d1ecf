// Writes the page that shows which documented routes are served.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pageEndpoints } from '#pages/pages.ts'
import { endpoints } from '#protocol/endpoints.ts'
import type { Surface } from '#surfaces/surface.ts'
import { DOCUMENTED, PARTLY_SERVED } from './documented-routes.ts'
import { code, page, table } from './markdown.ts'

const root = join(import.meta.dirname, '../..')
/** Paths that the server answers itself, before any surface. */
const HEALTH = /^(GET \/health(z|\/|$)|\w+ \/api\/v1\/admin\/(firstboot|bootstrap)\/)/
const METHODS = 'GET|POST|PATCH|PUT|DELETE'

/** A title names one route or several, and says what the test looks at. */
const TITLE = new RegExp(`\\btest\\(\\s*(['"\`])((?:${METHODS}) \\/[^:'"\`]*): (.*?)\\1,`, 'g')

/** A test whose title begins with the route that it tests. */
interface Drive {
  readonly file: string
  /** What the title says after the route. */
  readonly says: string
}

/**
 * docs/reference/coverage.md: every documented route of the products, with its operation and the tests that call it
 * over HTTP.
 * @throws Error if a route is not mounted or has no test
 */
export function coveragePage(surfaces: readonly Surface[]): string {
  const drives = drivesByRoute()
  // What people and their browsers ask for is served by the realm, at the public listener.
  const mounted = new Map(
    [...endpoints, ...pageEndpoints].flatMap(({ methods, paths, name }) =>
      paths.flatMap((path) => methods.map((method): [string, string] => [`${method} ${path}`, name])),
    ),
  )
  for (const { routes } of surfaces) {
    for (const { method, path, operation } of routes) mounted.set(`${method} ${path}`, operation.name)
  }
  const without = Object.entries(DOCUMENTED)
    .filter(([product]) => !PARTLY_SERVED.has(product))
    .flatMap(([, routes]) => routes)
    .filter((route) => !drives.has(route) || !(mounted.has(route) || HEALTH.test(route)))
  if (without.length > 0) throw new Error(`Not mounted, or driven by no test: ${without.join(', ')}.`)
  const sections = Object.entries(DOCUMENTED).flatMap(([product, routes]) => [
    `## ${product}: ${routes.length} routes`,
    table(
      ['Route', 'Operation', 'Driven by', 'What the tests say'],
      routes.map((route) => {
        const name = HEALTH.test(route) ? 'the server' : mounted.get(route)
        const driven = name === undefined ? [] : drivesOf(product, drives.get(route) ?? [])
        return [
          code(route),
          name === undefined ? 'not served' : HEALTH.test(route) ? name : code(name),
          [...new Set(driven.map(({ file }) => code(file)))].join(', '),
          driven.map(({ says }) => says).join('; '),
        ]
      }),
    ),
  ])
  const total = Object.values(DOCUMENTED).flat().length
  const served = Object.values(DOCUMENTED)
    .flat()
    .filter((route) => HEALTH.test(route) || mounted.has(route)).length
  return page('Documented routes and what drives them', [
    `SemAuth, ScaiKey, Zautha and SharkAuth document ${total} routes. ${served} are served, each at its own path, and driven ` +
      'over HTTP by the tests below, which look at status, body, the shape of an error, and the side effect. That callers who may not ' +
      'are refused on every row is generated beside that (`src/surfaces/isolation.test.ts`).',
    ...sections,
  ])
}

/** The tests of a product’s route: those of its own surface, where a path is another product’s as well. */
function drivesOf(product: string, drives: readonly Drive[]): readonly Drive[] {
  const own = drives.filter(({ file }) => file.includes(`/${product.toLowerCase()}/`))
  return own.length > 0 ? own : drives
}

function drivesByRoute(): Map<string, Drive[]> {
  const routes = new Map<string, Drive[]>()
  for (const file of globSync('src/**/*.test.ts', { cwd: root }).sort()) {
    const text = readFileSync(join(root, file), 'utf8')
    for (const [, , named = '', says = ''] of text.matchAll(TITLE)) {
      for (const route of named.split(', ')) routes.set(route, [...(routes.get(route) ?? []), { file, says }])
    }
  }
  return routes
}
