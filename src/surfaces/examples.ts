// Owns the examples of requests and replies in the OpenAPI documents. They were recorded from a server: those of the native
// API from the examples of the command line, those of the others from calls of their rows. Tests record them again.
import type { Surface } from './surface.ts'

/** The bodies of one operation; undefined where it has none. */
export interface ExampleOfOperation {
  readonly request?: unknown
  readonly reply?: unknown
}

/** Examples by `operationId`. */
export type Examples = Readonly<Record<string, ExampleOfOperation>>

/** The recorded examples of surfaces. */
export async function recordedExamples(surfaces: readonly Pick<Surface, 'name'>[]): Promise<Examples> {
  const recorded = surfaces.map(async ({ name }) => {
    const { default: examples } = await import(`./${name}/examples.json`, { with: { type: 'json' } })
    return examples as Examples
  })
  return Object.assign({}, ...(await Promise.all(recorded)))
}
