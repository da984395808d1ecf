// Calls the command line, as the examples do instead of a person.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const bin = join(import.meta.dirname, '../bin/countersign')

/**
 * Runs `countersign … --json`. Which server, and with which key, is for COUNTERSIGN_ADMIN_URL and
 * COUNTERSIGN_ADMIN_API_KEY to say.
 * @returns what it printed
 * @throws Error with the sentence of the command line where it refuses
 */
export async function countersign<T>(...words: string[]): Promise<T> {
  const { stdout } = await run(bin, [...words, '--json'])
  return JSON.parse(stdout) as T
}

/** Registers a resource, unless the tenant has it already. */
export async function ensureResource(identifier: string, name: string, scopes: readonly string[]): Promise<void> {
  const { data } = await countersign<{ data: { identifier: string }[] }>('resource', 'list', '--all')
  if (data.some((resource) => resource.identifier === identifier)) return
  const described = scopes.flatMap((scope) => ['--scopes', scope])
  await countersign('resource', 'create', '--identifier', identifier, '--name', name, ...described)
}
