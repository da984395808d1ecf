// The parameters of a query or of a form, and the rules for repeated and long ones.
import { Failure } from '#kernel/error.ts'

// RFC 8707 §2: only these may be repeated; everything else may not (RFC 6749 §3.1, §3.2).
const REPEATABLE = new Set(['resource', 'audience'])
const VALUE_MAX = 8192

/** Parameters of a query or a form. An empty value counts as absent (RFC 6749 §3.1). */
export class Parameters {
  readonly #values: ReadonlyMap<string, string[]>

  constructor(values: ReadonlyMap<string, string[]>) {
    this.#values = values
  }

  /**
   * @param longest that it may be, in characters
   * @throws Failure `invalid_request` where it is repeated or too long
   */
  get(name: string, longest = VALUE_MAX): string | undefined {
    const values = this.#values.get(name)
    if (!values) return undefined
    if (values.length > 1) throw new Failure('invalid_request', `The parameter ${name} was given twice.`)
    const [value = ''] = values
    if (value.length > longest) throw new Failure('invalid_request', `The parameter ${name} is too long.`)
    return value === '' ? undefined : value
  }

  /** @throws Failure `invalid_request` where it is absent, repeated or too long */
  need(name: string): string {
    const value = this.get(name)
    if (value === undefined) throw new Failure('invalid_request', `The parameter ${name} is missing.`)
    return value
  }

  /** Every value of a parameter that may be repeated. */
  all(name: string): string[] {
    return (this.#values.get(name) ?? []).filter((value) => value !== '')
  }

  /** @throws Failure `invalid_request` where a parameter that may not be repeated is */
  refuseRepeated(): void {
    for (const [name, values] of this.#values) {
      if (values.length > 1 && !REPEATABLE.has(name)) {
        throw new Failure('invalid_request', `The parameter ${name.slice(0, 40)} was given twice.`)
      }
    }
  }

  get names(): string[] {
    return [...this.#values.keys()]
  }
}
