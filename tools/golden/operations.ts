// Lists every operation.
import { globSync } from 'node:fs'
import { join } from 'node:path'
import type { AnyOperation, AnyStreamOperation } from '#kernel/operation.ts'

/** The properties of an operation for the golden files; the same for streams. */
export type Described = AnyOperation | AnyStreamOperation

const source = join(import.meta.dirname, '../../src')

/** Every operation that a `*.operations.ts` exports, by name. */
export async function everyOperation(): Promise<Described[]> {
  const files = globSync('{domain,surfaces}/**/*.operations.ts', { cwd: source }).sort()
  const modules = await Promise.all(files.map((file) => import(join(source, file)) as Promise<Record<string, unknown>>))
  const operations = modules.flatMap((module) => Object.values(module).filter(isOperation))
  return operations.sort((left, right) => (left.name < right.name ? -1 : 1))
}

function isOperation(value: unknown): value is Described {
  return typeof value === 'object' && value !== null && 'permission' in value && ('run' in value || 'follow' in value)
}
