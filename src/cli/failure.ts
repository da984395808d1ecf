/** Owns the failures and exit codes of commands. The help documents the exit codes, so that scripts can use them. */
export const EXIT = { done: 0, failed: 1, usage: 2, unreachable: 3 } as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** A failed command: a message for standard error, what to do, and the exit code. */
export class CommandFailure extends Error {
  readonly exit: ExitCode
  readonly remedy: string | undefined

  constructor(exit: ExitCode, message: string, remedy?: string) {
    super(message)
    this.exit = exit
    this.remedy = remedy
  }
}

/** The failure for an invalid command line. */
export function usage(message: string, remedy?: string): CommandFailure {
  return new CommandFailure(EXIT.usage, message, remedy)
}
