// The server’s entry. Compiled code is kept from one start to the next: starting again costs half.
import { enableCompileCache, flushCompileCache } from 'node:module'
import { join } from 'node:path'

enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/countersign'))
const { serve } = await import('./serve.ts')
await serve(process.argv.slice(2))
setTimeout(settle, 1000).unref()

/** What is better done soon after the start than in its way, or at an end which may be sudden. */
async function settle(): Promise<void> {
  const { releaseMemory } = await import('#outside/memory.ts')
  flushCompileCache()
  releaseMemory()
}
