// Owns the error for an invalid configuration.

/** An invalid configuration, with which the server does not start. Each problem says what to do; none contains a secret. */
export class ConfigurationError extends Error {
  readonly problems: readonly string[]

  /** @param problems one message for each problem */
  constructor(problems: readonly string[]) {
    super(
      problems.length === 1
        ? problems[0]
        : `The configuration has ${problems.length} problems:\n- ${problems.join('\n- ')}`,
    )
    this.name = 'ConfigurationError'
    this.problems = problems
  }
}
