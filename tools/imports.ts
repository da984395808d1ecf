// Reads which source files import which: the architecture test and the cycle count share it.
import { globSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'

const root = join(import.meta.dirname, '../src')

/** One import of a source file. Paths count from src/. */
export interface Import {
  readonly file: string
  /** The folder of src/ that the file is in; empty for a file in src/ itself. */
  readonly room: string
  readonly target: string
  /** The file that is imported; undefined for a package. */
  readonly to: string | undefined
  /** Whether the import is there when the program runs; false for types. */
  readonly runtime: boolean
}

/** Every source file of the product, without tests. Paths count from src/. @throws Error where there is none */
export function sourceFiles(): string[] {
  const files = globSync('**/*.ts', { cwd: root }).filter((file) => !file.endsWith('.test.ts'))
  if (files.length === 0) throw new Error(`There are no source files in ${root}.`)
  return files.sort()
}

/** The text of a source file. */
export function sourceText(file: string): string {
  return readFileSync(join(root, file), 'utf8')
}

/** The room that a file is in: its folder in src/, or an empty string for a file in src/ itself. */
export function roomOf(file: string): string {
  return file.includes('/') ? file.slice(0, file.indexOf('/')) : ''
}

/** The imports and re-exports of a source file, those of types and those made at run time among them. */
export function importsOf(file: string): Import[] {
  const text = sourceText(file)
  const statements = [...text.matchAll(/^(?:import|export)\s+(type\s)?(?:[\w\s{},*$]*?\sfrom\s+)?'([^'\n]+)'/gm)]
  const calls = [...text.matchAll(/\bimport\(\s*()'([^'\n]+)'/g)]
  return [...statements, ...calls].map(([, type, target = '']) => {
    const relative = target.startsWith('.') ? posix.join(posix.dirname(file), target) : undefined
    const to = target.startsWith('#') ? target.slice(1) : relative
    return { file, room: roomOf(file), target, to, runtime: !type }
  })
}

/**
 * The groups of files that import each other in a circle, types included: the strongly connected components (Tarjan
 * 1972) with more than one file, and files that import themselves. The largest comes first.
 */
export function cyclesOf(imports: readonly Pick<Import, 'file' | 'to'>[]): string[][] {
  const next = new Map<string, string[]>()
  for (const { file, to } of imports) if (to !== undefined) next.set(file, [...(next.get(file) ?? []), to])
  const order = new Map<string, number>()
  const stack: string[] = []
  const cycles: string[][] = []
  /** @returns the earliest file still on the stack that the file leads to, by its place in the order */
  const visit = (file: string): number => {
    const own = order.size
    order.set(file, own)
    stack.push(file)
    const reached = (next.get(file) ?? []).map((to) => {
      if (!order.has(to)) return visit(to)
      return stack.includes(to) ? (order.get(to) ?? own) : own
    })
    const low = Math.min(own, ...reached)
    if (low === own) {
      const group = stack.splice(stack.indexOf(file))
      if (group.length > 1 || next.get(file)?.includes(file)) cycles.push(group.sort())
    }
    return low
  }
  for (const file of next.keys()) if (!order.has(file)) visit(file)
  return cycles.sort((left, right) => right.length - left.length)
}
