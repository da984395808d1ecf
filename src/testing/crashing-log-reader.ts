// The thread that reads logs, which fails when it is asked for a read that only tests ask for.
import { parentPort } from 'node:worker_threads'

parentPort?.on('message', ({ read }: { readonly read?: { readonly name: string } }) => {
  if (read?.name === 'test.throw') throw new Error('The thread of the test failed.')
  if (read?.name === 'test.exit') process.exit(3)
})
await import(new URL('../log-reader.ts', import.meta.url).href)
