// Writes the page that shows which documented routes are served.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Surface } from '#surfaces/surface.ts'
import { DOCUMENTED } from './documented-routes.ts'
import { code, page, table } from './markdown.ts'

const root = join(import.meta.dirname, '../..')
const HEALTH = /^GET \/health(\/|$)/

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
  const mounted = new Map(
    surfaces.flatMap(({ routes }) =>
      routes.map(({ method, path, operation }) => [`${method} ${path}`, operation.name]),
    ),
  )
  const without = Object.values(DOCUMENTED)
    .flat()
    .filter((route) => !drives.has(route) || !(mounted.has(route) || HEALTH.test(route)))
  if (without.length > 0) throw new Error(`Not mounted, or driven by no test: ${without.join(', ')}.`)
  const sections = Object.entries(DOCUMENTED).flatMap(([product, routes]) => [
    `## ${product}: ${routes.length} routes`,
    table(
      ['Route', 'Operation', 'Driven by', 'What the tests say'],
      routes.map((route) => [
        code(route),
        HEALTH.test(route) ? 'health' : code(mounted.get(route) ?? ''),
        [...new Set(drives.get(route)?.map(({ file }) => code(file)))].join(', '),
        drives
          .get(route)
          ?.map(({ says }) => says)
          .join('; ') ?? '',
      ]),
    ),
  ])
  const total = Object.values(DOCUMENTED).flat().length
  return page('Documented routes and what drives them', [
    `SemAuth, ScaiKey and Zautha document ${total} routes. Each is served at its own path, and each is driven over HTTP by ` +
      'the tests below, which look at status, body, the shape of an error, and the side effect. That callers who may not ' +
      'are refused on every row is generated beside that (`src/surfaces/isolation.test.ts`).',
    ...sections,
  ])
}

function drivesByRoute(): Map<string, Drive[]> {
  const routes = new Map<string, Drive[]>()
  for (const file of globSync('src/**/*.test.ts', { cwd: root }).sort()) {
    const text = readFileSync(join(root, file), 'utf8')
    for (const [, , route = '', says = ''] of text.matchAll(
      /\btest\(\s*(['"`])((?:GET|POST|PATCH|DELETE) \/[^:'"`]*): (.*?)\1,/g,
    )) {
      routes.set(route, [...(routes.get(route) ?? []), { file, says }])
    }
  }
  return routes
}
