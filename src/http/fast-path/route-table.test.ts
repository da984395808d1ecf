// Checks how the fast path finds routes.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ServedRoute } from '../route.ts'
import { RouteTable } from './route-table.ts'

const routes = [
  ['GET', '/jwks.json'],
  ['GET', '/realms/{issuer_id}/jwks.json'],
  ['POST', '/realms/{issuer_id}/oauth/token'],
  ['POST', '/v1/realms/{issuer_id}/authorization/check'],
].map(([method, path]) => ({ methods: [method], path }) as unknown as ServedRoute)

function find(method: string, path: string) {
  const match = new RouteTable(routes).find(method, path)
  return match && [match.route.path, match.params]
}

test('a route is found by its whole path, and by what is around its parameter', () => {
  assert.deepEqual(find('GET', '/jwks.json'), ['/jwks.json', {}])
  const params = { issuer_id: 'abc' }
  assert.deepEqual(find('GET', '/realms/abc/jwks.json'), ['/realms/{issuer_id}/jwks.json', params])
  assert.deepEqual(find('POST', '/v1/realms/abc/authorization/check')?.[1], params)
})

test('what is another method, another path or no plain value is left to the router', () => {
  for (const [method, path] of [
    ['POST', '/jwks.json'],
    ['GET', '/realms/abc/oauth/token'],
    ['GET', '/realms//jwks.json'],
    ['GET', '/realms/a%20b/jwks.json'],
    ['GET', '/realms/abc'],
    ['GET', '/realms/abc/x/jwks.json'],
    ['GET', '/jwks.json/'],
  ] as const) {
    assert.equal(find(method, path), undefined, `${method} ${path}`)
  }
})

test('a path with two parameters is refused', () => {
  const route = { methods: ['POST'], path: '/a/{b}/c/{d}' } as unknown as ServedRoute
  assert.throws(() => new RouteTable([route]), /one parameter/)
})
