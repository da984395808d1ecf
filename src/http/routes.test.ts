// Checks the table of routes against running listeners.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openServedPaths, type ServedPaths } from '#testing/served-paths.ts'
import { patternOf, type ServedRoute } from './route.ts'

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']
let paths: ServedPaths
before(async () => {
  paths = await openServedPaths()
})
after(() => paths.close())

const listenersOf = ({ listener }: ServedRoute) =>
  listener === 'both' ? (['public', 'admin'] as const) : ([listener] as const)

/** The path with a value for each parameter. */
function example({ path }: ServedRoute): string {
  return path.replace('{issuer_id}', 'default').replace(/\{\w+\}/g, 'x')
}

test('the routers serve the paths of the table, and no others', () => {
  assert.ok(paths.table.size > 300)
  assert.deepEqual([...paths.served].sort(), [...paths.table].sort())
})

test('every path of the table answers on its listener', async () => {
  const wanted = new Map<string, string>()
  for (const route of paths.groups.flatMap(({ routes }) => routes)) {
    for (const listener of listenersOf(route)) {
      for (const method of route.methods) {
        const { status, headers } = await fetch(`${paths.urls[listener]}${example(route)}`, {
          method,
          redirect: 'manual',
        })
        assert.ok(status < 500 && status !== 405, `${method} ${route.path} answered ${status}`)
        wanted.set(headers.get('x-request-id') ?? '', patternOf(route))
      }
    }
  }
  const answered = paths.answeredBy()
  const wrong = [...wanted].filter(([id, pattern]) => answered.get(id) !== pattern)
  assert.deepEqual(wrong, [])
})

test('a method or a path that the table lacks is refused', async () => {
  const routes = paths.groups.flatMap(({ routes: own }) => own)
  for (const [path, same] of Map.groupBy(routes, (route) => example(route))) {
    const [listener] = listenersOf(same[0] as ServedRoute)
    const known = new Set(same.flatMap(({ methods }) => methods))
    const other = METHODS.find((method) => !known.has(method) && !isServed(method, path))
    if (other !== undefined) {
      const { status } = await fetch(`${paths.urls[listener]}${path}`, { method: other })
      assert.equal(status, 405, `${other} ${path}`)
    }
    const nowhere = `${path.replace(/\/?$/, '')}${path === '/' ? '/' : ''}-/none/of/these/at/all`
    const { status } = await fetch(`${paths.urls[listener]}${nowhere}`)
    assert.ok([401, 404].includes(status), `${nowhere} answered ${status}`)
  }

  /** Whether a route with a parameter takes the path, too. */
  function isServed(method: string, path: string): boolean {
    return routes.some(
      (route) =>
        route.methods.includes(method) && new RegExp(`^${route.path.replace(/\{\w+\}/g, '[^/]+')}$`).test(path),
    )
  }
})
