// Copies the programs of docs/clients, which tests run, for the code that the server shows of a client.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(import.meta.dirname, '../../docs/clients')

/** The files of each program, in the order in which somebody makes them. */
const FILES: Readonly<Record<string, readonly string[]>> = {
  express: ['app.js'],
  fastify: ['app.js'],
  authjs: ['app.js'],
  nextjs: ['auth.js', 'app/layout.js', 'app/page.js', 'app/api/auth/[...nextauth]/route.js'],
  spa: ['index.html', 'app.js'],
  go: ['main.go'],
  python: ['app.py'],
}

/** src/domain/client/programs.json: the packages and the files of each program. */
export function programsText(): string {
  const programs = Object.entries(FILES).map(([name, files]) => [
    name,
    { packages: packagesOf(name), files: Object.fromEntries(files.map((file) => [file, textOf(name, file)])) },
  ])
  return `${JSON.stringify(Object.fromEntries(programs), undefined, 2)}\n`
}

function packagesOf(name: string): string[] {
  if (name === 'go' || name === 'python') return []
  const { dependencies } = JSON.parse(textOf(name, 'package.json')) as { dependencies: Record<string, string> }
  return Object.entries(dependencies).map(([one, version]) => `${one}@${version}`)
}

function textOf(name: string, file: string): string {
  return readFileSync(join(folder, name, file), 'utf8')
}
