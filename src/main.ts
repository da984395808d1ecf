// Owns the start of the server process. Compiled code is cached: a second start takes half the time.
import { enableCompileCache, flushCompileCache } from 'node:module'
import { join } from 'node:path'
import process from 'node:process'

const { argv, argv0, channel, env, execArgv, execPath } = process
const cache = join(import.meta.dirname, '../node_modules/.cache/countersign')
// Twice V8's largest young generation: what a request allocates is then unreachable before the next collection.
const YOUNG_GENERATION = ['--min-semi-space-size=16', '--max-semi-space-size=32']
const NAME = 'authserver'

// Node loads its TypeScript compiler (17 MB, never freed) unless the cache is known before this file is read. So the
// process replaces itself once. It does not if it has an IPC channel, which would be lost. Its new name is what pidof finds.
if (env.NODE_COMPILE_CACHE === undefined && channel === undefined) {
  const environment = { ...(env as Record<string, string>), NODE_COMPILE_CACHE: cache }
  try {
    process.execve?.(
      execPath,
      [NAME, ...YOUNG_GENERATION, ...execArgv, import.meta.filename, ...argv.slice(2)],
      environment,
    )
  } catch {
    // If no program may be started, the server runs without replacing itself.
  }
}

if (argv0 !== NAME) process.title = NAME
enableCompileCache(cache)
const { serve } = await import('./serve.ts')
await serve(argv.slice(2))
setTimeout(finishStart, 1000).unref()

/** Work that would slow the start, and that a sudden end of the process must not lose. */
async function finishStart(): Promise<void> {
  const { releaseMemory } = await import('#outside/memory.ts')
  flushCompileCache()
  releaseMemory()
}
