// Owns the flags that all commands share.
import type { Command } from './catalog.ts'
import type { Given } from './input.ts'
import type { Terminal } from './terminal.ts'

/** The flags of every command besides the flags of its input. */
export interface Choices extends Given {
  readonly server?: string
  readonly realm?: string
  readonly tenant?: string
  readonly idempotencyKey?: string
  readonly all?: boolean
  readonly json?: boolean
  readonly yaml?: boolean
  /** Whether a table shows all members. */
  readonly wide?: boolean
  /** Whether the command may do what cannot be undone without asking. */
  readonly yes?: boolean
  readonly quiet?: boolean
}

/** The environment of a command. */
export interface Setting {
  readonly terminal: Terminal
  /** The User-Agent, `name/version`. */
  readonly agent: string
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly catalog: readonly Command[]
}
