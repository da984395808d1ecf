// Says what is wrong with a new password, in the language of the page.
import { Failure } from '#kernel/error.ts'
import type { Language } from '#language/language.ts'

/** What is wrong with a password, as a sentence. @throws the error, if it is about anything else */
export function flawIn(error: unknown, { messages: { password } }: Language): string {
  if (!(error instanceof Failure) || error.code !== 'invalid_input') throw error
  const flaw = error.detail.passwordFlaw
  if (flaw === undefined) return password.refused
  return 'length' in flaw ? password[flaw.kind](flaw.length) : password[flaw.kind]
}
