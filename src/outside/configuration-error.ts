/** A start that cannot be: each problem is a sentence that says what to do. Never tells a secret. */
export class ConfigurationError extends Error {
  readonly problems: readonly string[]

  /** @param problems one sentence for each thing that is wrong */
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
