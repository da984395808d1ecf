/** What one check of an installation came to. */
export interface Finding {
  /** What was looked at, in a word or two. */
  readonly check: string
  readonly status: 'ok' | 'warn' | 'fail' | 'skip'
  /** One sentence. */
  readonly message: string
  /** What to do about it. */
  readonly remedy?: string
}

/** The findings of one check, under its name. */
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
