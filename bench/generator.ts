// Owns the process of the load generator, as the driver sees it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { LOAD_CORE, pinned } from './process.ts'
import type { Job, Outcome } from './target.ts'

/** The load generator: one process for all runs. */
export class Generator {
  readonly #child

  constructor() {
    const [command, args] = pinned(LOAD_CORE, [fileURLToPath(new URL('./load/load.ts', import.meta.url))])
    this.#child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Does one job. @throws Error where it could not be prepared */
  async run(job: Job): Promise<Outcome> {
    this.#child.send(job)
    const [message] = await once(this.#child, 'message')
    if ('failure' in message) throw new Error(message.failure)
    return message.outcome
  }

  /** Ends the process. */
  stop(): void {
    this.#child.disconnect()
  }
}
