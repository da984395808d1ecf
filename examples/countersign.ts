// Runs the command line for the examples.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const bin = join(import.meta.dirname, '../bin/countersign')

/**
 * Runs `countersign … --json` with the server and the key in COUNTERSIGN_ADMIN_URL and COUNTERSIGN_ADMIN_API_KEY.
 * @returns the printed JSON, parsed
 * @throws Error with the message of the command line if it fails
 */
export async function countersign<T>(...words: string[]): Promise<T> {
  const { stdout } = await run(bin, [...words, '--json'])
  return JSON.parse(stdout) as T
}

/** Registers a resource if the tenant does not have it. */
export async function ensureResource(identifier: string, name: string, scopes: readonly string[]): Promise<void> {
  const { data } = await countersign<{ data: { identifier: string }[] }>('resource', 'list', '--all')
  if (data.some((resource) => resource.identifier === identifier)) return
  const described = scopes.flatMap((scope) => ['--scopes', scope])
  await countersign('resource', 'create', '--identifier', identifier, '--name', name, ...described)
}
