// Tests that no row ignores a query parameter that it does not have.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Failure } from '#kernel/error.ts'
import { nonEmpty } from '#testing/non-empty.ts'
import type { Route, WireRequest } from './surface.ts'
import { everySurface } from './surfaces.ts'
import { inWireNames } from './wire-failure.ts'

const ID = '0190e7a0-0000-7000-8000-000000000000'
const MISSPELLED = 'stauts'

function refusalOf(route: Route, query: Record<string, string>): Failure | undefined {
  const id = /\/email-(preview|templates)\//.test(route.path) ? 'magic_link' : ID
  const params = Object.fromEntries([...route.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => [name, id]))
  const request: WireRequest = { method: route.method, path: route.path, params, query, headers: {}, body: undefined }
  const about = { actor: {}, scope: { tenantId: ID } } as Parameters<Route['toInput']>[1]
  try {
    route.toInput(request, about)
    return undefined
  } catch (error) {
    const { wireName } = route
    const refusal = wireName ? inWireNames(error, wireName) : error
    if (refusal instanceof Failure) return refusal
    throw error
  }
}

for (const surface of await everySurface()) {
  test(`${surface.name}: a misspelled query parameter is refused by every row, in the words of the surface`, () => {
    for (const route of nonEmpty(surface.routes, `the routes of ${surface.name}`)) {
      const at = `${route.method} ${route.path}`
      const refusal = refusalOf(route, { [MISSPELLED]: 'suspended' })
      assert.ok(refusal, `${at} ignores it`)
      const { status, body } = surface.error(refusal, { path: route.path, requestId: 'r', errorPages: '' })
      assert.ok(status === 400 || status === 422, `${at} answers ${status}`)
      assert.match(JSON.stringify(body), new RegExp(MISSPELLED), at)
      assert.doesNotMatch(JSON.stringify(refusalOf(route, {})?.detail ?? {}), /not a parameter/, at)
    }
  })
}
