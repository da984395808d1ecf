// Checks that every described filter is applied.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Failure } from '#kernel/error.ts'
import { bodyOf, minimalValue } from '#testing/row-schema.ts'
import type { Route, Surface, WireRequest } from './surface.ts'
import { everySurface } from './surfaces.ts'

// Every filter that a row describes reaches its operation: with it, the operation's input is another one.

interface Parameter {
  readonly name: string
  readonly in: string
  readonly schema: {
    readonly enum?: readonly string[]
    readonly example?: string
    readonly type?: string
    readonly format?: string
  }
}

const ID = '0190e7a0-0000-7000-8000-000000000000'
// Page styles may apply these to the reply; the tests of lists read several pages.
const PAGES = ['page', 'per_page', 'limit', 'offset', 'cursor']
// Only a row's scope reads the tenant of the native API.
const isFilter = ({ name }: Surface, parameter: Parameter) =>
  parameter.in === 'query' && !PAGES.includes(parameter.name) && !(name === 'native' && parameter.name === 'tenant_id')

/** Values that it takes; one of them may be what holds without it. */
function samplesOf({ enum: words = [], example, type, format }: Parameter['schema']): readonly string[] {
  if (type === 'integer' || type === 'number') return ['3']
  if (type === 'boolean') return ['true']
  if (format === 'date-time') return ['2026-01-01T00:00:00Z']
  return words.length > 0 ? words : [example ?? 'x']
}

function inputOf(route: Route, query: Record<string, string>): string {
  const params = Object.fromEntries([...route.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => [name, ID]))
  const schema = bodyOf(route)
  const body = schema && minimalValue(schema, 'body')
  const request: WireRequest = { method: route.method, path: route.path, params, query, headers: {}, body }
  const about = { actor: {}, scope: { tenantId: ID } } as Parameters<Route['toInput']>[1]
  try {
    return JSON.stringify(route.toInput(request, about))
  } catch (error) {
    if (error instanceof Failure) return `${error.code}: ${error.message}`
    throw error
  }
}

// SCIM has a filter language and members that shape the reply, which tests of its own read.
for (const surface of (await everySurface()).filter(({ name }) => name !== 'scim')) {
  test(`${surface.name}: every described filter is applied`, () => {
    let count = 0
    for (const route of surface.routes) {
      const parameters = route.describe().parameters as Parameter[]
      for (const { name, schema } of parameters.filter((each) => isFilter(surface, each))) {
        count += 1
        const isApplied = samplesOf(schema).some((value) => inputOf(route, { [name]: value }) !== inputOf(route, {}))
        assert.ok(isApplied, `${route.method} ${route.path}: ${name} is not applied`)
      }
    }
    assert.ok(count > 0, 'there are parameters')
  })
}
