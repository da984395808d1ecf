// Reads the URL that names a database.
import { fileURLToPath } from 'node:url'

/** Where a database is: a server of PostgreSQL, or a file of SQLite. */
export type Location =
  | { readonly dialect: 'postgres'; readonly url: string }
  | { readonly dialect: 'sqlite'; readonly path: string }

/**
 * Where the database is that a URL names.
 * @param url `postgres://…` or `postgresql://…`; `file:…`, `sqlite:…` or a bare path for a SQLite file
 * @throws Error, with a sentence for the operator, for any other scheme
 */
export function locationOf(url: string): Location {
  return /^postgres(ql)?:\/\//.test(url) ? { dialect: 'postgres', url } : { dialect: 'sqlite', path: pathOf(url) }
}

function pathOf(url: string): string {
  if (url.startsWith('file://')) return fileURLToPath(url)
  const [, scheme, path] = /^([a-z][a-z0-9+.-]+):(.*)$/.exec(url) ?? []
  if (scheme === undefined) return url
  if ((scheme === 'sqlite' || scheme === 'file') && path !== undefined) return path.replace(/^\/\/(?=\/)/, '')
  throw new Error(`The database URL starts with ${scheme}:, which is none of postgres:, sqlite: and file:.`)
}
