// Checks the examples of every OpenAPI document.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as z from 'zod'
import { isAlike } from '#testing/example-values.ts'
import { nonEmpty } from '#testing/non-empty.ts'
import { runSurfaceExamples } from '#testing/surface-examples.ts'
import { recordedExamples } from './examples.ts'
import { openApi } from './openapi.ts'
import { everySurface } from './surfaces.ts'

// The examples of rows that the command line has are compared with a server’s answers by src/cli/examples.test.ts.

interface Media {
  readonly schema?: object
  readonly example?: unknown
}

interface Described {
  readonly operationId: string
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> }
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, Media>> }>>
}

const surfaces = await everySurface()

test('a server takes the examples of rows that the command line does not have, and answers as the documents show', async () => {
  for (const [name, taken] of Object.entries(await runSurfaceExamples())) {
    const shown = await recordedExamples([{ name }])
    for (const [operation, example] of Object.entries(taken)) {
      assert.ok(isAlike(shown[operation], example), `${operation} differs: run node tools/record-examples.ts`)
    }
  }
})

for (const surface of surfaces) {
  test(`${surface.name}: every body in the OpenAPI document has an example, and the example fits its schema`, async () => {
    const examples = await recordedExamples([surface])
    const document = openApi([surface], '1', examples)
    const paths = Object.values(document.paths as Record<string, Record<string, Described>>)
    const operations = nonEmpty(paths.flatMap(Object.values<Described>), 'the operations')
    const flaws = operations.flatMap((operation) =>
      bodiesOf(operation).flatMap(([where, body]) =>
        flawsOf(document, body).map((flaw) => `${operation.operationId}, ${where}: ${flaw}`),
      ),
    )
    assert.deepEqual(flaws, [])
    const ids = new Set(operations.map(({ operationId }) => operationId))
    const unused = Object.keys(examples).filter((id) => !ids.has(id))
    assert.deepEqual(unused, [], 'run node tools/record-examples.ts')
  })
}

function flawsOf(document: Record<string, unknown>, { schema, example }: Media): string[] {
  if (example === undefined) return ['has no example']
  const { error } = z.fromJSONSchema(closed(document, schema ?? {}) as never).safeParse(example)
  return (error?.issues ?? [])
    .filter((issue) => !('pattern' in issue && isMatch(String(issue.pattern), at(example, issue.path))))
    .map(({ path, message }) => `${path.join('.')}: ${message}`)
}

/** Patterns are Unicode-aware (JSON Schema Core §6.4), but not to zod. @param literal such as `/^a/` */
function isMatch(literal: string, value: unknown): boolean {
  return new RegExp(literal.slice(1, literal.lastIndexOf('/')), 'u').test(String(value))
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((part, key) => (part as Record<PropertyKey, unknown>)[key], value)
}

/** The bodies of an operation; what it streams has no end, and no example. */
function bodiesOf({ requestBody, responses }: Described): [string, Media][] {
  const replies = Object.entries(responses).filter(([status]) => status.startsWith('2') && status !== '204')
  const media = [
    ...Object.values(requestBody?.content ?? {}).map((body) => ['request', body] as [string, Media]),
    ...replies.flatMap(([, { content = {} }]) =>
      Object.entries(content)
        .filter(([type]) => type !== 'text/event-stream')
        .map(([, body]) => ['reply', body] as [string, Media]),
    ),
  ]
  return media
}

/** A schema with others in the place of references, whose objects have no members that it does not describe. */
function closed(document: Record<string, unknown>, schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map((part) => closed(document, part))
  if (typeof schema !== 'object' || schema === null) return schema
  const { schemas } = document.components as { schemas: Record<string, unknown> }
  if ('$ref' in schema) return closed(document, schemas[String(schema.$ref).split('/').at(-1) ?? ''])
  const parts = Object.entries(schema).map(([name, part]) => [name, closed(document, part)])
  const isOpen = !('properties' in schema) || 'additionalProperties' in schema
  return Object.fromEntries(isOpen ? parts : [...parts, ['additionalProperties', false]])
}
