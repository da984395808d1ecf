// Owns the built files of the web console: where they are, whether they are up to date, and that they are built where not.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { setPriority } from 'node:os'
import { extname, join } from 'node:path'

/** A file of the console as browsers get it. */
export interface ConsoleFile {
  readonly type: string
  readonly plain: Uint8Array
  readonly brotli: Uint8Array
  readonly gzip: Uint8Array
}

/** The files by their path, such as `assets/main-x1.js`. `index.html` is the page. */
export type ConsoleFiles = ReadonlyMap<string, ConsoleFile>

/** The console of an installation, as it is now. */
export type ConsoleState =
  | { readonly kind: 'ready'; readonly files: ConsoleFiles }
  | { readonly kind: 'building' }
  | { readonly kind: 'failed' }

/** What builds the console of an installation. */
export interface ConsoleBuild {
  state(): ConsoleState
  /** Builds what is not up to date, beside the server. Does not throw. */
  start(): void
  /** Ends a build that is under way. */
  stop(): void
}

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** How many of the last lines of a failed build are logged. */
const LINES_LOGGED = 12

/**
 * The console of an installation.
 * @param root the folder with `console/`
 * @param report called with what a failed build said
 * @returns undefined where the sources of the console are not part of the installation
 */
export function openConsoleBuild(root: string, report: (why: string) => void): ConsoleBuild | undefined {
  if (!existsSync(join(root, 'console', 'build.ts'))) return undefined
  let state: ConsoleState = { kind: 'building' }
  let end: () => void = () => {}
  return {
    state: () => state,
    stop: () => end(),
    start() {
      try {
        const folder = buildFolder(root)
        const settle = () => {
          state = existsSync(folder) ? { kind: 'ready', files: readFiles(folder) } : { kind: 'failed' }
        }
        if (existsSync(folder)) return settle()
        end = build(root, folder, (why) => {
          settle()
          if (state.kind === 'failed') report(why)
        })
      } catch (error) {
        state = { kind: 'failed' }
        report(String(error))
      }
    },
  }
}

/** The folder with what the present sources become. It exists once they were built. */
export function buildFolder(root: string): string {
  const hash = createHash('sha256')
  const sources = globSync(['*.{ts,json,html}', 'src/**/*.{ts,tsx,css}', 'public/**/*.*'], {
    cwd: join(root, 'console'),
  })
  const own = sources.filter((path) => !/^src[/\\]made[/\\]/.test(path)).map((path) => join('console', path))
  for (const path of [...own.sort(), join('golden', 'openapi.json'), 'package-lock.json']) {
    hash
      .update(path)
      .update('\0')
      .update(readFileSync(join(root, path)))
      .update('\0')
  }
  return join(root, 'console', '.build', hash.digest('hex').slice(0, 16))
}

function build(root: string, folder: string, done: (said: string) => void): () => void {
  const child = spawn(process.execPath, [join(root, 'console', 'build.ts'), folder], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  // Requests come first.
  if (child.pid !== undefined) setPriority(child.pid, 10)
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece) => (said = (said + piece).slice(-8000)))
  child.once('error', (error) => done(error.message))
  child.once('close', () => done(said.trimEnd().split('\n').slice(-LINES_LOGGED).join('\n')))
  return () => child.kill()
}

function readFiles(folder: string): ConsoleFiles {
  const paths = globSync('**/*.{js,css,html,json,svg}', { cwd: folder })
  return new Map(
    paths.map((path) => {
      const read = (suffix: string) => readFileSync(join(folder, path + suffix))
      const type = TYPES[extname(path)] ?? 'application/octet-stream'
      return [path.replaceAll('\\', '/'), { type, plain: read(''), brotli: read('.br'), gzip: read('.gz') }]
    }),
  )
}
