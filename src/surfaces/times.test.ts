// Tests that a member that a row describes as a time takes one: what OpenAPI calls a date-time is not refused for its type.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type * as z from 'zod'
import { Failure } from '#kernel/error.ts'
import type { Route, WireRequest } from './surface.ts'
import { everySurface } from './surfaces.ts'

interface Schema {
  readonly type?: string | readonly string[]
  readonly format?: string
  readonly anyOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly readOnly?: boolean
}

const TIME = '2026-01-01T00:00:00Z'
const ID = '0190e7a0-0000-7000-8000-000000000000'

const isTime = ({ format, anyOf = [] }: Schema): boolean => format === 'date-time' || anyOf.some(isTime)

/** The path of each time in a schema. */
function timesIn(schema: Schema | undefined, path: readonly string[] = []): string[][] {
  return Object.entries(schema?.properties ?? {})
    .filter(([, { readOnly }]) => readOnly !== true)
    .flatMap(([name, part]) => (isTime(part) ? [[...path, name]] : timesIn(part, [...path, name])))
}

/** What is refused in a request. */
function flawsOf(route: Route, sent: Partial<WireRequest>): string[] {
  const params = Object.fromEntries([...route.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => [name, ID]))
  const { method, path, operation } = route
  const request: WireRequest = { method, path, params, query: {}, headers: {}, body: undefined, ...sent }
  const about = { actor: {}, scope: { tenantId: ID } } as Parameters<Route['toInput']>[1]
  try {
    const { error } = operation.input.safeParse(route.toInput(request, about))
    return (error?.issues ?? []).map((issue: z.core.$ZodIssue) => `${issue.path.join('.')}: ${issue.message}`)
  } catch (error) {
    if (error instanceof Failure) return [error.message]
    throw error
  }
}

test('every member of a request that OpenAPI describes as a date-time takes one', async () => {
  let count = 0
  for (const surface of await everySurface()) {
    for (const route of surface.routes) {
      const { parameters, requestBody } = route.describe()
      const queries = (parameters as { name: string; in: string; schema: Schema }[])
        .filter(({ in: place, schema }) => place === 'query' && isTime(schema))
        .map(({ name }) => ({ name, sent: { query: { [name]: TIME } } }))
      const bodies = timesIn(requestBody as Schema | undefined).map((path) => ({
        name: path.at(-1) as string,
        sent: { body: path.reduceRight<unknown>((value, name) => ({ [name]: value }), TIME) },
      }))
      for (const { name, sent } of [...queries, ...bodies]) {
        count += 1
        const others = flawsOf(route, 'body' in sent ? { body: {} } : {})
        const flaws = flawsOf(route, sent).filter((flaw) => !others.includes(flaw) && !/is required$/.test(flaw))
        assert.deepEqual(flaws, [], `${surface.name} ${route.method} ${route.path} ${name}`)
      }
    }
  }
  assert.ok(count > 10, `there are ${count} times`)
})
