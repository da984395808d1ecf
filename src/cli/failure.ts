/** What a command ends with: documented in the help, so that scripts may rely on it. */
export const EXIT = { done: 0, failed: 1, usage: 2, unreachable: 3 } as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** A command that cannot go on: a sentence for standard error, what to do about it, and the exit code. */
export class CommandFailure extends Error {
  readonly exit: ExitCode
  readonly remedy: string | undefined

  constructor(exit: ExitCode, message: string, remedy?: string) {
    super(message)
    this.exit = exit
    this.remedy = remedy
  }
}

/** A command that was written wrongly. */
export function usage(message: string, remedy?: string): CommandFailure {
  return new CommandFailure(EXIT.usage, message, remedy)
}
