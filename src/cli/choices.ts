import type { Given } from './input.ts'
import type { Terminal } from './terminal.ts'

/** What is asked of every command besides its own flags. */
export interface Choices extends Given {
  readonly server?: string
  readonly realm?: string
  readonly tenant?: string
  readonly idempotencyKey?: string
  readonly all?: boolean
  readonly json?: boolean
  readonly quiet?: boolean
}

/** What a command is carried out with. */
export interface Setting {
  readonly terminal: Terminal
  /** Who asks, as `name/version`. */
  readonly agent: string
  /** Milliseconds since 1970. */
  readonly now: () => number
}
