// Owns the result of one check of the doctor.

/** The result of one check of an installation. */
export interface Finding {
  /** The name of the check, in one or two words. */
  readonly check: string
  readonly status: 'ok' | 'warn' | 'fail' | 'skip'
  /** One sentence. */
  readonly message: string
  /** What the operator should do. */
  readonly remedy?: string
}

/** Functions that make the findings of one check. */
export function checkNamed(check: string) {
  return {
    ok: (message: string): Finding => ({ check, status: 'ok', message }),
    warn: (message: string, remedy?: string): Finding => ({
      check,
      status: 'warn',
      message,
      ...(remedy && { remedy }),
    }),
    fail: (message: string, remedy?: string): Finding => ({
      check,
      status: 'fail',
      message,
      ...(remedy && { remedy }),
    }),
    skip: (message: string): Finding => ({ check, status: 'skip', message }),
  }
}
