// The server’s entry. Compiled code is kept from one start to the next: starting again costs half.
import { enableCompileCache, flushCompileCache } from 'node:module'
import { join } from 'node:path'
import process from 'node:process'

const { argv, channel, env, execArgv, execPath } = process
const kept = join(import.meta.dirname, '../node_modules/.cache/countersign')
// Twice the young generation that V8 would take at most: what a request leaves is dead before it is looked at.
const YOUNG = ['--min-semi-space-size=16', '--max-semi-space-size=32']

// Only a cache that is there before this very file is read spares Node its TypeScript compiler, which it never gives
// back: 17 MB. So the process takes its own place, once; whoever talks with it over a channel would lose sight of it.
if (env.NODE_COMPILE_CACHE === undefined && channel === undefined) {
  const cached = { ...(env as Record<string, string>), NODE_COMPILE_CACHE: kept }
  try {
    process.execve?.(execPath, [execPath, ...YOUNG, ...execArgv, import.meta.filename, ...argv.slice(2)], cached)
  } catch {
    // Where no program may be started the server goes on as it is.
  }
}

enableCompileCache(kept)
const { serve } = await import('./serve.ts')
await serve(argv.slice(2))
setTimeout(settle, 1000).unref()

/** What is better done soon after the start than in its way, or at an end which may be sudden. */
async function settle(): Promise<void> {
  const { releaseMemory } = await import('#outside/memory.ts')
  flushCompileCache()
  releaseMemory()
}
